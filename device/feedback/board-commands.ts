// The commands on the board: list what was said, forget it, export its frames.
import { existsSync } from "node:fs";
import { FacelatchError } from "../errors/errors.ts";
import { type Exported, exportFrames } from "./export-frames.ts";
import type { FeedbackItem } from "./feedback.ts";
import { FeedbackFolder } from "./feedback-folder.ts";
import { itemOf } from "./register-content.ts";

/** The oldest first. Throws INPUT_MISSING without the state folder, FEEDBACK_UNAVAILABLE. */
export function listFeedback(stateDir: string): FeedbackItem[] {
  return openFolder(stateDir).content.entries.map(itemOf);
}

/** Throws INPUT_MISSING without such an item, FEEDBACK_UNAVAILABLE, FEEDBACK_FULL. */
export function forgetFeedback(stateDir: string, id: string): FeedbackItem {
  return itemOf(openFolder(stateDir).forget(id));
}

/** Throws INPUT_MISSING without the state folder, INPUT_INVALID for the folder to write to, FEEDBACK_UNAVAILABLE. */
export function exportFeedback(stateDir: string, outDir: string): Exported {
  return exportFrames(openFolder(stateDir), outDir);
}

export function describeFeedback(items: readonly FeedbackItem[]): string {
  if (items.length === 0) return "Nothing was said of any presence.";
  return items
    .map(({ id, at, verdict, name, frames, isNegative }) => {
      const facts = [
        `${frames} frames`,
        ...(isNegative ? ["household negative"] : []),
        ...(name === null ? [] : [name]),
      ];
      return `${id}  ${at}  ${verdict}  ${facts.join(", ")}`;
    })
    .join("\n");
}

export function describeExport({ written, alreadyThere, damaged }: Exported, outDir: string): string {
  return [
    `${written} frames written to ${outDir}; they are not encrypted there.`,
    ...(alreadyThere > 0 ? [`${alreadyThere} were there before.`] : []),
    ...(damaged.length > 0 ? [`Missing or altered, and left out: ${damaged.join(", ")}.`] : []),
  ].join("\n");
}

function openFolder(stateDir: string): FeedbackFolder {
  if (!existsSync(stateDir)) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the daemon's state directory at ${stateDir}`,
      found: "nothing",
      next: "Name it with --state.",
    });
  }
  return FeedbackFolder.open(stateDir);
}
