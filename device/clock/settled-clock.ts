// The wall clock for what grows old: a jump counts only once nobody has set the clock right again for an hour.

/** Time servers set a wrong clock right within minutes of the network being there. */
const settledAfterMs = 3_600_000;

/** Between two looks a clock that is merely pulled into step moves by less. */
const jumpMinMs = 30_000;

export interface SettledClockOptions {
  /** The wall clock, in ms since 1970. */
  readonly wallMs: () => number;
  /** The monotonic clock, in ms. */
  readonly nowMs: () => number;
}

export class SettledClock {
  readonly #options: SettledClockOptions;
  #aheadMs: number | null = null;
  #sinceMs = 0;

  constructor(options: SettledClockOptions) {
    this.#options = options;
  }

  /** The time of day; until the wall clock has run evenly for an hour, the beginning of time, by which nothing is old. */
  now(): Date {
    const wallMs = this.#options.wallMs();
    const nowMs = this.#options.nowMs();
    const aheadMs = wallMs - nowMs;
    if (this.#aheadMs === null || Math.abs(aheadMs - this.#aheadMs) >= jumpMinMs) this.#sinceMs = nowMs;
    this.#aheadMs = aheadMs;
    return new Date(nowMs - this.#sinceMs >= settledAfterMs ? wallMs : 0);
  }
}
