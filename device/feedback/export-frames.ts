// Brings the queued frames out of their seal into folders that a training reads; the queue stays as it is.
import { linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { isSystemError, writeTemporary } from "../sealed/durable-files.ts";
import type { FeedbackFolder } from "./feedback-folder.ts";
import type { Entry } from "./register-content.ts";

export interface Exported {
  readonly written: number;
  /** Frames that an earlier export wrote. */
  readonly alreadyThere: number;
  /** Ids of items whose frames are missing or were altered. */
  readonly damaged: readonly string[];
}

/**
 * Writes `owner/DATE/...jpg` for what was the owner, and `household/NAME/...jpg` for what was not: one folder a day or a
 * person, for a training keeps what lies in one folder together.
 *
 * @throws FacelatchError INPUT_INVALID where a file cannot be written, FEEDBACK_UNAVAILABLE
 */
export function exportFrames(folder: FeedbackFolder, outDir: string): Exported {
  let written = 0;
  let alreadyThere = 0;
  const damaged: string[] = [];
  for (const entry of folder.content.entries) {
    const frames = folder.frames(entry);
    if (frames === null) damaged.push(entry.id);
    for (const { frameSeq, jpeg } of frames ?? []) {
      const isNew = writeJpeg(join(outDir, subfolderOf(entry)), `${entry.id}-${frameSeq}.jpg`, jpeg);
      if (isNew) written++;
      else alreadyThere++;
    }
  }
  return { written, alreadyThere, damaged };
}

/** A name's pattern holds no separator and no leading dot, so that it is one folder below this one. */
function subfolderOf({ verdict, at, name }: Entry): string {
  return verdict === "was_me" ? join("owner", at.slice(0, 10)) : join("household", name ?? "unnamed");
}

/** Returns false where there is such a file: ids are unique and files are whole, so that it holds the same. */
function writeJpeg(folder: string, name: string, jpeg: Uint8Array): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const temporary = writeTemporary(folder, jpeg);
    try {
      linkSync(temporary, join(folder, name));
    } finally {
      rmSync(temporary, { force: true });
    }
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "EEXIST") return false;
    throw new FacelatchError("INPUT_INVALID", {
      expected: "a folder that can be written to",
      found: messageOf(error),
      next: "Name another folder with --out.",
      cause: error,
    });
  }
}
