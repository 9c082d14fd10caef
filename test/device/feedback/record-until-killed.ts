// A process that takes feedback and reports each item, until its parent kills it.
import { StoredFeedback } from "../../../device/feedback/stored-feedback.ts";
import { optionsOf, subjectFrame } from "./open-feedback.ts";

const feedback = new StoredFeedback(optionsOf(process.argv[2]!, { negativesMax: 10_000 }));
let presenceId = 0;

function recordOne(): void {
  presenceId++;
  feedback.noteFrame(subjectFrame(presenceId));
  const verdict = presenceId % 2 === 0 ? "was_me" : "not_me";
  process.send?.(feedback.record({ bootId: "boot-1", presenceId, verdict }).item.id);
  setImmediate(recordOne);
}

recordOne();
