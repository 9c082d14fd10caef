// An input line that is kept: taken as soon as it can be had, given up when it fails, and taken again.
import type { TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";

/** An input that is this process's own: 1 is active, whatever voltage that is. Each function may throw. */
export interface InputLine {
  read(): 0 | 1;
  release(): void;
}

/** What an open line tells of itself. */
export interface InputEvents {
  /** The level may have changed. */
  readonly edge: () => void;
  /** The line is of no use any more. */
  readonly failed: (error: unknown) => void;
}

export interface KeptInputOptions {
  /** Takes the line through one of the kernel's ways; nothing is left of it where that throws. */
  readonly open: (events: InputEvents) => Promise<InputLine>;
  readonly clock: TimerClock;
  /** A failure of the line, in the words of whoever needs it. */
  readonly unavailable: (found: string, cause: unknown) => FacelatchError;
  readonly onEdge: () => void;
  /** The line can be read from now on. */
  readonly onTaken: () => void;
  /** It cannot any more, see `fault`. */
  readonly onLost: () => void;
}

const retryMs = 5_000;

export class KeptInput {
  readonly #options: KeptInputOptions;
  #line: InputLine | null = null;
  #started = false;
  #fault: FacelatchError | null = null;
  #cancelRetry: () => void = () => {};

  constructor(options: KeptInputOptions) {
    this.#options = options;
  }

  /** Why the line cannot be read; null while it can. */
  get fault(): FacelatchError | null {
    return this.#fault;
  }

  /** Tries to take the line, now and every 5 s until that succeeds; never throws. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#take();
  }

  stop(): void {
    this.#started = false;
    this.#fault = null;
    this.#cancelRetry();
    this.#release();
  }

  /** Null where it cannot be read: then it was given up, and `onLost` was called. */
  read(): 0 | 1 | null {
    const line = this.#line;
    if (line === null) return null;
    try {
      const level = line.read();
      // A line may say that it failed instead of throwing.
      return this.#line === line ? level : null;
    } catch (error) {
      this.#lose(error);
      return null;
    }
  }

  async #take(): Promise<void> {
    let line: InputLine | null = null;
    // A line that was given up may still tell of itself.
    const isCurrent = () => line !== null && this.#line === line;
    try {
      line = await this.#options.open({
        edge: () => {
          if (isCurrent()) this.#options.onEdge();
        },
        failed: (error) => {
          if (isCurrent()) this.#lose(error);
        },
      });
    } catch (error) {
      this.#lose(error);
      return;
    }
    if (!this.#started || this.#line !== null) {
      line.release();
      return;
    }
    this.#line = line;
    this.#fault = null;
    this.#options.onTaken();
  }

  /** Gives the line up, tells why, and tries again later. */
  #lose(error: unknown): void {
    const { clock, unavailable, onLost } = this.#options;
    this.#release();
    if (!this.#started) return;
    this.#fault = error instanceof FacelatchError ? error : unavailable(messageOf(error), error);
    this.#cancelRetry();
    this.#cancelRetry = clock.after(retryMs, () => void this.#take());
    onLost();
  }

  #release(): void {
    const line = this.#line;
    this.#line = null;
    try {
      line?.release();
    } catch {
      // The kernel has taken it back already, as with a chip that is gone.
    }
  }
}
