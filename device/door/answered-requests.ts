// What was answered to which request: whoever asks the same again gets the same answer, and nothing is done again.
import { FacelatchError } from "../errors/errors.ts";

export interface AnsweredRequestsOptions {
  /** So long a request is remembered. */
  readonly lifeMs: number;
  /** No more than so many are; a further one is refused, as to forget one would do its work again. */
  readonly requestsMax: number;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
}

interface Answered<T> {
  readonly answer: Promise<T>;
  readonly atMs: number;
}

export class AnsweredRequests<T> {
  readonly #options: AnsweredRequestsOptions;
  /** The oldest first. */
  readonly #answered = new Map<string, Answered<T>>();

  constructor(options: AnsweredRequestsOptions) {
    this.#options = options;
  }

  /** The first answer to this id; null where there is none yet, or none any more. */
  answerTo(id: string): Promise<T> | null {
    this.#forgetOld();
    return this.#answered.get(id)?.answer ?? null;
  }

  /** The first answer to this id, which `work` gives where there is none yet. Throws TOO_MANY_REQUESTS. */
  async once(id: string, work: () => Promise<T>): Promise<T> {
    const known = this.answerTo(id);
    if (known !== null) return known;
    if (this.#answered.size >= this.#options.requestsMax) {
      throw new FacelatchError("TOO_MANY_REQUESTS", {
        expected: `at most ${this.#options.requestsMax} requests that are remembered`,
        found: "more",
        next: "Try again later.",
      });
    }
    const answer = work();
    this.#answered.set(id, { answer, atMs: this.#options.nowMs() });
    return answer;
  }

  /** Remembers an answer of an earlier run, as if it were given now. */
  recall(id: string, answer: T): void {
    if (!this.#answered.has(id)) {
      this.#answered.set(id, { answer: Promise.resolve(answer), atMs: this.#options.nowMs() });
    }
  }

  #forgetOld(): void {
    const { lifeMs, nowMs } = this.#options;
    for (const [id, { atMs }] of this.#answered) {
      if (nowMs() - atMs < lifeMs) return;
      this.#answered.delete(id);
    }
  }
}
