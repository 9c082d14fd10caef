// Watches two pins of an emulated Raspberry Pi 3 from outside, through QEMU's monitor, by the board's own microsecond counter.
import { connect, type Socket } from "node:net";
import { eventually } from "../fixtures/eventually.ts";

/** The pins as the hardware has them, at a time of the board's counter. */
export interface PinState {
  readonly atUs: number;
  /** An output that drives the high level; what else a pin may be leaves the relay to its pull-down. */
  readonly relayDriven: boolean;
  readonly relayIsOutput: boolean;
  readonly marked: boolean;
}

const peripherals = { gpio: 0x3f200000, counterLow: 0x3f003004 } as const;
const registers = { words: 14, levelWord: 13 } as const;
const prompt = "(qemu) ";
const answerTimeoutMs = 60_000;
const counterRange = 2 ** 32;

export class PinWatch {
  readonly #socket: Socket;
  readonly #relayPin: number;
  readonly #markerPin: number;
  #answer = "";
  #settle: ((text: string) => void) | null = null;

  private constructor(socket: Socket, relayPin: number, markerPin: number) {
    this.#socket = socket;
    this.#relayPin = relayPin;
    this.#markerPin = markerPin;
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#answer += text;
      if (!this.#answer.endsWith(prompt)) return;
      this.#settle?.(this.#answer);
      this.#answer = "";
    });
    socket.on("error", () => undefined);
  }

  /** Connects as soon as QEMU listens. */
  static async open(path: string, relayPin: number, markerPin: number): Promise<PinWatch> {
    const socket = await eventually(
      "QEMU's monitor",
      () => tryConnect(path),
      (found) => found !== null,
      60_000,
    );
    const watch = new PinWatch(socket!, relayPin, markerPin);
    await watch.#ask("info version");
    return watch;
  }

  async read(): Promise<PinState> {
    // The counter first: what is seen at the pins is not older than it says.
    const [atUs] = await this.#words(peripherals.counterLow, 1);
    const words = await this.#words(peripherals.gpio, registers.words);
    const high = (pin: number) => ((words[registers.levelWord]! >>> pin) & 1) === 1;
    const isOutput = (pin: number) => ((words[Math.floor(pin / 10)]! >>> ((pin % 10) * 3)) & 7) === 1;
    const relayIsOutput = isOutput(this.#relayPin);
    return {
      atUs: atUs!,
      relayIsOutput,
      relayDriven: relayIsOutput && high(this.#relayPin),
      marked: isOutput(this.#markerPin) && high(this.#markerPin),
    };
  }

  close(): void {
    this.#socket.destroy();
  }

  async #words(address: number, count: number): Promise<number[]> {
    const text = await this.#ask(`xp /${count}wx 0x${address.toString(16)}`);
    const words = [...text.matchAll(/ (0x[0-9a-f]{8})\b/g)].map((match) => Number(match[1]));
    if (words.length < count) throw new Error(`the monitor answered: ${text}`);
    return words.slice(-count);
  }

  #ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${command}`)), answerTimeoutMs);
      this.#socket.once("close", () => reject(new Error("the monitor is gone")));
      this.#settle = (text) => {
        clearTimeout(timer);
        this.#socket.removeAllListeners("close");
        resolve(text);
      };
      this.#socket.write(`${command}\n`);
    });
  }
}

function tryConnect(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}

/** From `sinceUs` to `untilUs` of a counter that begins again after 71 minutes. */
export function elapsedMs(sinceUs: number, untilUs: number): number {
  return ((untilUs - sinceUs + counterRange) % counterRange) / 1000;
}
