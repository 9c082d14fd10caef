// The port of the clock that timers run on: monotonic, and a test's own where time has to pass at its word.

export interface TimerClock {
  nowMs(): number;
  /** Calls back once, `delayMs` from now; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

export const monotonicClock: TimerClock = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
