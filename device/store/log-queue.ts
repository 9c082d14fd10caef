// Log lines on their way to the disk: a bounded queue, written in batches, that never throws at the one who logs.
import { FacelatchError } from "../errors/errors.ts";
import type { LogLine } from "../events/events.ts";
import type { PendingLine } from "./log-table.ts";

export interface LogQueueOptions {
  /** Writes a batch and returns its lines; throws a FacelatchError when it cannot, and then nothing of it was written. */
  readonly write: (lines: readonly PendingLine[]) => readonly LogLine[];
  /** Told of each batch once it was written and nothing of it waits any more: it may log, and flush. */
  readonly onWritten: (lines: readonly LogLine[]) => void;
  /** The line that says how many were lost. */
  readonly lossLine: (lost: number) => PendingLine;
}

const linesMax = 1_000;
const flushMs = 250;
/** A full or failing disk is not asked four times a second. */
const retryMs = 5_000;

export class LogQueue {
  readonly #options: LogQueueOptions;
  #lines: PendingLine[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogQueueOptions) {
    this.#options = options;
  }

  /** Takes a line; a full queue loses its oldest one. */
  push(line: PendingLine): void {
    if (this.#lines.length === linesMax) {
      this.#lines.shift();
      this.#lost++;
    }
    this.#lines.push(line);
    this.#schedule(flushMs);
  }

  /** Writes what waits. After a failure the lines stay, and are tried again later. */
  flush(): void {
    this.stop();
    if (this.#lines.length === 0) return;
    const batch = this.#lost === 0 ? this.#lines : [this.#options.lossLine(this.#lost), ...this.#lines];
    let written: readonly LogLine[];
    try {
      written = this.#options.write(batch);
    } catch (error) {
      if (!(error instanceof FacelatchError)) throw error;
      // The writer keeps the fault for the store's status; the one who logs must not fail because of it.
      this.#schedule(retryMs);
      return;
    }
    this.#lines = [];
    this.#lost = 0;
    this.#options.onWritten(written);
  }

  /** Ends the timer; what waits stays. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.flush(), delayMs).unref();
  }
}
