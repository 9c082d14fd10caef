// How long to wait before a failed camera is tried again: twice as long each time, up to a limit.

export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#nextMs = firstMs;
  }

  /** The delay before the next attempt, in ms. */
  next(): number {
    const delayMs = Math.min(this.#nextMs, this.#maxMs);
    this.#nextMs = delayMs * 2;
    return delayMs;
  }

  /** The source worked: the next failure is a first one again. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
