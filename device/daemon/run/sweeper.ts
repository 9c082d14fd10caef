// Deletes what the retention no longer keeps, in small steps.
import type { Logger } from "pino";

const stepMs = 1_000;

/** What keeps things for a time: a call does a bounded part of the work, and may throw. */
export interface Swept {
  sweep(): number;
}

export class Sweeper {
  readonly #swept: Swept;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(swept: Swept, logger: Logger) {
    this.#swept = swept;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sweep(), stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A full disk shows in the status; the next step may succeed. */
  #sweep(): void {
    try {
      this.#swept.sweep();
    } catch (error) {
      this.#logger.warn({ err: error }, "what is old could not be deleted");
    }
  }
}
