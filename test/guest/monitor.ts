// QEMU's human monitor: one command at a time, and its answer.
import { connect, type Socket } from "node:net";
import { eventually } from "../fixtures/eventually.ts";

const prompt = "(qemu) ";
const answerTimeoutMs = 120_000;

export class Monitor {
  readonly #socket: Socket;
  #answer = "";
  #settle: ((text: string) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#answer += text;
      if (!this.#answer.endsWith(prompt)) return;
      this.#settle?.(this.#answer);
      this.#answer = "";
    });
    socket.on("error", () => undefined);
  }

  /** Connects as soon as QEMU listens. */
  static async open(path: string): Promise<Monitor> {
    const socket = await eventually(
      "QEMU's monitor",
      () => tryConnect(path),
      (found) => found !== null,
      60_000,
    );
    const monitor = new Monitor(socket!);
    // It greets, with a prompt of its own.
    await monitor.#answered("its greeting");
    return monitor;
  }

  /** Keeps the whole machine as it is now, in place of what was kept before. */
  async keep(): Promise<void> {
    await this.#do("savevm kept");
  }

  /** The machine as it was kept, its clock too; it goes on from there. */
  async goBack(): Promise<void> {
    await this.#do("loadvm kept");
  }

  /** The 32-bit words at a physical address. */
  async words(address: number, count: number): Promise<number[]> {
    const text = await this.#ask(`xp /${count}wx 0x${address.toString(16)}`);
    const words = [...text.matchAll(/ (0x[0-9a-f]{8})\b/g)].map((match) => Number(match[1]));
    if (words.length < count) throw new Error(`the monitor answered: ${text}`);
    return words.slice(-count);
  }

  #ask(command: string): Promise<string> {
    const answer = this.#answered(command);
    this.#socket.write(`${command}\n`);
    return answer;
  }

  #answered(what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not within ${answerTimeoutMs} ms: ${what}`)), answerTimeoutMs);
      this.#socket.once("close", () => reject(new Error("the monitor is gone")));
      this.#settle = (text) => {
        clearTimeout(timer);
        this.#socket.removeAllListeners("close");
        resolve(text);
      };
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #do(command: string): Promise<void> {
    const answer = await this.#ask(command);
    if (answer.includes("Error")) throw new Error(`${command}: ${answer}`);
  }
}

function tryConnect(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}
