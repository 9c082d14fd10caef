// From the levels of a line to those that have stayed: contacts bounce, and edges get lost.
import type { TimerClock } from "../clock/clock.ts";

export interface SettledLevelOptions {
  /** A level counts once it has stayed so long. */
  readonly debounceMs: number;
  readonly clock: TimerClock;
  /** The line's level, 1 for active; null when it cannot be read, of which the caller has taken note. */
  readonly readLevel: () => 0 | 1 | null;
  /**
   * Told of each level that stayed, also of one that it was told of before.
   *
   * @param sinceMs the first edge since the line was at rest
   */
  readonly onSettled: (level: 0 | 1, sinceMs: number) => void;
  /** Told at each edge, since when the line has not been at rest. */
  readonly onUnsettled: (sinceMs: number) => void;
}

/** A lost edge is made up for, and a line that is gone is noticed, within this time. */
const lookIntervalMs = 1_000;

export class SettledLevel {
  readonly #options: SettledLevelOptions;
  #running = false;
  #level: 0 | 1 | null = null;
  #unsettledSinceMs: number | null = null;
  #cancelSettling: () => void = () => {};
  #cancelLook: () => void = () => {};

  constructor(options: SettledLevelOptions) {
    this.#options = options;
  }

  get isUnsettled(): boolean {
    return this.#unsettledSinceMs !== null;
  }

  /** Begins with a line of which nothing is known. */
  start(): void {
    this.stop();
    this.#running = true;
    this.edge();
    this.#lookLater();
  }

  stop(): void {
    this.#running = false;
    this.#level = null;
    this.#unsettledSinceMs = null;
    this.#cancelSettling();
    this.#cancelLook();
  }

  /** The line's level changed: what it is counts once it has stayed. */
  edge(): void {
    if (!this.#running) return;
    const { clock, debounceMs, onUnsettled } = this.#options;
    this.#unsettledSinceMs ??= clock.nowMs();
    onUnsettled(this.#unsettledSinceMs);
    this.#cancelSettling();
    this.#cancelSettling = clock.after(debounceMs, () => this.#settle());
  }

  #settle(): void {
    const { clock, readLevel, onSettled } = this.#options;
    const sinceMs = this.#unsettledSinceMs ?? clock.nowMs();
    this.#unsettledSinceMs = null;
    const level = readLevel();
    if (level === null) return;
    this.#level = level;
    onSettled(level, sinceMs);
  }

  #lookLater(): void {
    this.#cancelLook = this.#options.clock.after(lookIntervalMs, () => {
      const level = this.#options.readLevel();
      if (level !== null && this.#unsettledSinceMs === null && level !== this.#level) this.edge();
      if (this.#running) this.#lookLater();
    });
  }
}
