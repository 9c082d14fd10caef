// The other side of an asked process: answers what the parent asks, one question after the other.
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { FailedReply } from "./asked-process.ts";

export interface AnswerOptions {
  /** Of an error that carries nothing of its own: what was expected, and what to do. */
  readonly expected: string;
  readonly next: string;
}

/** Answers every message with what `answer` gives; what it throws is answered as a failure. Ends with the parent. */
export function answerQuestions<Request, Reply>(
  answer: (request: Request) => Promise<Reply>,
  options: AnswerOptions,
): void {
  let queue: Promise<void> = Promise.resolve();
  process.on("message", (request: Request) => {
    queue = queue.then(async () => {
      const reply = await answer(request).catch((error: unknown) => failureOf(error, options));
      process.send?.(reply);
    });
  });
  process.on("disconnect", () => process.exit(0));
  // Ctrl-C reaches every process of the terminal; what happens then is for the parent to say.
  process.on("SIGINT", () => {});
}

function failureOf(error: unknown, { expected, next }: AnswerOptions): FailedReply {
  if (error instanceof FacelatchError) {
    const { expected: wanted, found, next: step } = error.detail;
    return { type: "failed", code: error.code, detail: { expected: wanted, found, next: step } };
  }
  return {
    type: "failed",
    code: "TRAINING_FAILED",
    detail: { expected, found: messageOf(error).split("\n")[0]!, next },
  };
}
