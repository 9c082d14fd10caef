// Something on disk that is opened when it is first needed, and after a fault tried again, but not at each frame.
import type { FacelatchError } from "../errors/errors.ts";

/** The least time between two tries to open what could not be opened. */
const retryMs = 1_000;

export interface ReopeningOptions<T> {
  readonly open: () => T;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** What went wrong, as the error that its users are told. */
  readonly faultOf: (error: unknown) => FacelatchError;
  /** Told of the first fault after all was well; must not throw. */
  readonly onFault: (fault: FacelatchError) => void;
  /** Told when all is well again; must not throw. */
  readonly onRecovered: () => void;
}

export class Reopening<T> {
  readonly #options: ReopeningOptions<T>;
  #opened: T | null = null;
  #fault: FacelatchError | null = null;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReopeningOptions<T>) {
    this.#options = options;
  }

  /** What is open, without trying to open it. */
  get current(): T | null {
    return this.#opened;
  }

  /** Why it is not open; tries to open it first. */
  get fault(): FacelatchError | null {
    try {
      this.get();
    } catch (error) {
      if (error !== this.#fault) throw error;
    }
    return this.#fault;
  }

  /** What is open; opened now where it was not. Throws the fault. */
  get(): T {
    if (this.#opened !== null) return this.#opened;
    const nowMs = this.#options.nowMs();
    if (this.#fault !== null && nowMs - this.#triedAtMs < retryMs) throw this.#fault;
    this.#triedAtMs = nowMs;
    try {
      this.#opened = this.#options.open();
    } catch (error) {
      throw this.fail(error);
    }
    const hadFault = this.#fault !== null;
    this.#fault = null;
    if (hadFault) this.#options.onRecovered();
    return this.#opened;
  }

  /** Closes it for what went wrong; returns the fault to throw. */
  fail(error: unknown): FacelatchError {
    const isFirst = this.#fault === null;
    this.#fault = this.#options.faultOf(error);
    this.#opened = null;
    if (isFirst) this.#options.onFault(this.#fault);
    return this.#fault;
  }
}
