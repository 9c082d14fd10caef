// A clock for the tests of relays and buttons: time passes only when the test says so.
import type { TimerClock } from "../../../device/clock/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class FakeClock implements TimerClock {
  #nowMs = 5_000;
  #timers: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass: timers fire in order, each at its own time, and what waits for them goes on in between. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = this.#timers.filter((timer) => timer.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      // Promises that the callback settled run on before the next timer is looked for.
      for (let turn = 0; turn < 5; turn++) await null;
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass while the process does not run: no timer fires, however late it is. */
  skip(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}
