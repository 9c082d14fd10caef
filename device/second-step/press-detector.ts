// From the levels of a line to presses of a button: a short press confirms at its end, and a line that stays active never.
import type { TimerClock } from "../clock/clock.ts";

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

/** A lost edge is made up for, and a line that is gone is noticed, within this time. */
export const lookIntervalMs = 1_000;

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
  /** The first edge since the line was at rest. */
  #unsettledSinceMs: number | null = null;
  #cancelSettling: () => void = () => {};
  #cancelHeld: () => void = () => {};
  #cancelLook: () => void = () => {};

  constructor(options: PressDetectorOptions) {
    this.#options = options;
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
    this.edge();
    this.#lookLater();
  }

  stop(): void {
    this.#state = "stopped";
    this.#fault = null;
    this.#unsettledSinceMs = null;
    this.#cancelSettling();
    this.#cancelHeld();
    this.#cancelLook();
  }

  /** The line's level changed: what it is counts once it has stayed. */
  edge(): void {
    if (this.#state === "stopped") return;
    const { clock, limits } = this.#options;
    const nowMs = clock.nowMs();
    this.#unsettledSinceMs ??= nowMs;
    if (nowMs - this.#unsettledSinceMs > limits.heldMaxMs) this.#block("a line that does not come to rest");
    this.#cancelSettling();
    this.#cancelSettling = clock.after(limits.debounceMs, () => this.#settle());
  }

  #settle(): void {
    const sinceMs = this.#unsettledSinceMs ?? this.#options.clock.nowMs();
    this.#unsettledSinceMs = null;
    const level = this.#options.readLevel();
    if (level === null) return;
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
      if (this.#unsettledSinceMs === null) this.#blockWhereHeld();
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

  #lookLater(): void {
    this.#cancelLook = this.#options.clock.after(lookIntervalMs, () => {
      this.#look();
      if (this.#state !== "stopped") this.#lookLater();
    });
  }

  #look(): void {
    const level = this.#options.readLevel();
    if (level === null || this.#unsettledSinceMs !== null) return;
    const expected = this.#state === "released" ? 0 : 1;
    if (level !== expected) this.edge();
  }
}
