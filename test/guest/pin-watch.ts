// Two pins of an emulated Raspberry Pi 3, seen from outside by its registers and dated by the board's own microsecond counter.
import type { Monitor } from "./monitor.ts";

/** The pins as the hardware has them, between two times of the board's counter. */
export interface PinState {
  readonly fromUs: number;
  readonly toUs: number;
  /** An output that drives the high level; what else a pin may be leaves the relay to its pull-down. */
  readonly relayDriven: boolean;
  readonly marked: boolean;
  /** The pin of the kernel's LED. */
  readonly ledDriven: boolean;
}

const peripherals = { gpio: 0x3f200000, counterLow: 0x3f003004 } as const;
const registers = { words: 14, levelWord: 13 } as const;
const [relayPin, markerPin] = [17, 27];
export const ledPin = 22;
const counterRange = 2 ** 32;

export async function readPins(monitor: Monitor): Promise<PinState> {
  const [fromUs] = await monitor.words(peripherals.counterLow, 1);
  const words = await monitor.words(peripherals.gpio, registers.words);
  const [toUs] = await monitor.words(peripherals.counterLow, 1);
  const isHigh = (pin: number) => ((words[registers.levelWord]! >>> pin) & 1) === 1;
  const isOutput = (pin: number) => ((words[Math.floor(pin / 10)]! >>> ((pin % 10) * 3)) & 7) === 1;
  const isDriven = (pin: number) => isOutput(pin) && isHigh(pin);
  return {
    fromUs: fromUs!,
    toUs: toUs!,
    relayDriven: isDriven(relayPin),
    marked: isDriven(markerPin),
    ledDriven: isDriven(ledPin),
  };
}

/**
 * How long the relay stays driven after the marker was set: never less than it was, as it counts from the last look that did
 * not see the mark to the first that sees the relay at rest.
 */
export class RestClock {
  #unmarkedUs: number | null = null;
  #wasDriven = false;
  #isMarked = false;
  #restAfterMs: number | null = null;

  note({ fromUs, toUs, marked, relayDriven }: PinState): void {
    if (!marked) {
      this.#unmarkedUs = fromUs;
      this.#wasDriven = relayDriven;
      this.#isMarked = false;
      return;
    }
    if (!this.#isMarked) this.#restAfterMs = null;
    this.#isMarked = true;
    if (!relayDriven) this.#restAfterMs ??= elapsedMs(this.#unmarkedUs ?? fromUs, toUs);
  }

  /** Whether the relay was driven before the mark: else there was nothing to measure. */
  get wasDriven(): boolean {
    return this.#wasDriven;
  }

  get isMarked(): boolean {
    return this.#isMarked;
  }

  /** Of the mark that is set, or was last; null while the relay is driven. */
  get restAfterMs(): number | null {
    return this.#restAfterMs;
  }
}

/** From `sinceUs` to `untilUs` of a counter that begins again after 71 minutes. */
function elapsedMs(sinceUs: number, untilUs: number): number {
  return ((untilUs - sinceUs + counterRange) % counterRange) / 1000;
}
