// From the levels of a line to presses of a button: a short press confirms at its end, and a line that stays active never.
import type { TimerClock } from "../clock/clock.ts";
import { SettledLevel } from "../gpio/gpio.ts";

export interface PressLimits {
  /** A level counts once it has stayed so long. */
  readonly debounceMs: number;
  /** A longer press confirms nothing; also how long a line may go without coming to rest. */
  readonly heldMaxMs: number;
}

export interface PressDetectorOptions {
  readonly limits: PressLimits;
  readonly clock: TimerClock;
  /** The line's level, 1 for active; null when it cannot be read, of which the caller has taken note. */
  readonly readLevel: () => 0 | 1 | null;
  readonly onPress: () => void;
}

const activeAtStart = "a line that is active at the start";

/**
 * It begins blocked: only a line that was seen at rest can be pressed, so that a button that is stuck or taped down, and
 * a press that began before the start, confirm nothing.
 */
export class PressDetector {
  readonly #options: PressDetectorOptions;
  /** Blocked: nothing counts until the line has come to rest at the inactive level. */
  #state: "stopped" | "blocked" | "released" | "pressed" = "stopped";
  #fault: string | null = null;
  #pressedAtMs = 0;
  readonly #settled: SettledLevel;
  #cancelHeld: () => void = () => {};

  constructor(options: PressDetectorOptions) {
    this.#options = options;
    const { limits, clock, readLevel } = options;
    this.#settled = new SettledLevel({
      ...{ debounceMs: limits.debounceMs, clock, readLevel },
      onSettled: (level, sinceMs) => this.#settle(level, sinceMs),
      onUnsettled: (sinceMs) => {
        if (clock.nowMs() - sinceMs > limits.heldMaxMs) this.#block("a line that does not come to rest");
      },
    });
  }

  /** What is wrong with the line, in words. */
  get fault(): string | null {
    return this.#fault;
  }

  start(): void {
    this.stop();
    const level = this.#options.readLevel();
    if (level === null) return;
    this.#state = "blocked";
    this.#fault = level === 1 ? activeAtStart : null;
    this.#settled.start();
  }

  stop(): void {
    this.#state = "stopped";
    this.#fault = null;
    this.#settled.stop();
    this.#cancelHeld();
  }

  /** The line's level changed: what it is counts once it has stayed. */
  edge(): void {
    this.#settled.edge();
  }

  #settle(level: 0 | 1, sinceMs: number): void {
    if (level === 0) this.#release(sinceMs);
    else if (this.#state === "released") this.#press(sinceMs);
    else if (this.#state === "pressed") this.#blockWhereHeld();
    else if (this.#state === "blocked") this.#fault ??= activeAtStart;
  }

  #press(atMs: number): void {
    this.#state = "pressed";
    this.#pressedAtMs = atMs;
    // A release that has begun is judged when it has settled.
    this.#cancelHeld = this.#options.clock.after(this.#options.limits.heldMaxMs + 1, () => {
      if (!this.#settled.isUnsettled) this.#blockWhereHeld();
    });
  }

  #blockWhereHeld(): void {
    const { heldMaxMs } = this.#options.limits;
    if (this.#options.clock.nowMs() - this.#pressedAtMs <= heldMaxMs) return;
    this.#block(`a line that has been active for more than ${heldMaxMs} ms`);
  }

  /** @param atMs the first edge of the release */
  #release(atMs: number): void {
    this.#cancelHeld();
    // The timer alone does not tell: it comes late when this process was held up.
    const confirms = this.#state === "pressed" && atMs - this.#pressedAtMs <= this.#options.limits.heldMaxMs;
    this.#state = "released";
    this.#fault = null;
    if (confirms) this.#options.onPress();
  }

  #block(fault: string): void {
    this.#cancelHeld();
    this.#state = "blocked";
    this.#fault = fault;
  }
}
