// Feedback where there is none to be had, as while the configuration is not valid: every use says why.
import type { Feedback, FeedbackStatus, NewFeedback } from "./feedback.ts";
import { unavailable } from "./feedback-faults.ts";

export class AbsentFeedback implements Feedback {
  readonly #bootId: string;

  constructor(bootId: string) {
    this.#bootId = bootId;
  }

  noteFrame(): void {}

  negatives(): never {
    throw this.#error();
  }

  record(_said: NewFeedback): never {
    throw this.#error();
  }

  items(): never {
    throw this.#error();
  }

  candidates() {
    return { bootId: this.#bootId, candidates: [] };
  }

  sweep(): number {
    return 0;
  }

  status(): FeedbackStatus {
    const { message } = this.#error();
    return {
      state: "failed",
      items: 0,
      negatives: 0,
      negativesOfOtherSpaces: 0,
      queueBytes: 0,
      damaged: 0,
      fault: { code: "FEEDBACK_UNAVAILABLE", message },
    };
  }

  #error() {
    return unavailable("a valid configuration, which names the folder of feedback", "none", "Mend the configuration.");
  }
}
