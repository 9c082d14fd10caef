// Counts requests by address in fixed windows of the monotonic clock, for boards whose wall clock jumps.

interface Window {
  readonly startedMs: number;
  count: number;
}

/** More addresses than this push out the one that began its window first. */
const addressesMax = 5_000;

export class RateLimitStore {
  readonly #windows = new Map<string, Window>();

  /** Counts one request; the result is the count in this window and the rest of it in ms. */
  incr(
    key: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    timeWindow: number,
  ): void {
    const nowMs = performance.now();
    let window = this.#windows.get(key);
    if (window === undefined || nowMs - window.startedMs >= timeWindow) {
      window = { startedMs: nowMs, count: 0 };
      this.#windows.delete(key);
      this.#windows.set(key, window);
      this.#forgetOldest();
    }
    window.count++;
    callback(null, { current: window.count, ttl: timeWindow - (nowMs - window.startedMs) });
  }

  /** Every route counts together: the limit is the address's, not the route's. */
  child(): RateLimitStore {
    return this;
  }

  #forgetOldest(): void {
    if (this.#windows.size <= addressesMax) return;
    for (const key of this.#windows.keys()) {
      this.#windows.delete(key);
      return;
    }
  }
}
