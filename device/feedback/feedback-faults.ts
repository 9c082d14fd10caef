// What happens to the files of feedback, as its errors.
import { FacelatchError } from "../errors/errors.ts";
import { type FileFaults, onFiles } from "../sealed/durable-files.ts";

/** The error after which the household negatives are not known. */
export function unavailable(expected: string, found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("FEEDBACK_UNAVAILABLE", { expected, found, next, cause });
}

export const feedbackFaults: FileFaults = {
  unavailable,
  full: (found, cause) =>
    new FacelatchError("FEEDBACK_FULL", {
      expected: "space for feedback on the disk",
      found,
      next: "Free space on the device's disk; nothing was stored.",
      cause,
    }),
};

/** Throws FEEDBACK_FULL and FEEDBACK_UNAVAILABLE for the system's errors. */
export function onFeedbackFiles<T>(operation: () => T): T {
  return onFiles(feedbackFaults, operation);
}
