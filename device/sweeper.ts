// Deletes what the retention no longer keeps, in small steps.
import type { Logger } from "pino";
import type { Store } from "./store/store.ts";

const stepMs = 1_000;

export class Sweeper {
  readonly #store: Store;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sweep(), stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A full disk shows in the store's status; the next step may succeed. */
  #sweep(): void {
    try {
      this.#store.sweep();
    } catch (error) {
      this.#logger.warn({ err: error }, "old rows could not be deleted");
    }
  }
}
