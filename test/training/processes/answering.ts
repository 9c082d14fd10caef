// A process that answers, fails, dies or says nothing, as it is asked to.
import { FacelatchError } from "../../../device/errors/errors.ts";
import { answerQuestions } from "../../../training/processes/answer-questions.ts";

export interface Question {
  readonly what: "answer" | "known failure" | "defect" | "death" | "silence";
  readonly value: number;
}

export interface Answer {
  readonly value: number;
}

answerQuestions<Question, Answer>(
  async ({ what, value }) => {
    if (what === "known failure") {
      throw new FacelatchError("DISK_FULL", { expected: "space", found: "none", next: "Make room." });
    }
    if (what === "defect") throw new Error("a defect\nwith a stack");
    if (what === "death") {
      process.stderr.write("the last words\n");
      process.exit(3);
    }
    if (what === "silence") return new Promise(() => {});
    return { value: 2 * value };
  },
  { expected: "an answer", next: "Ask again." },
);
