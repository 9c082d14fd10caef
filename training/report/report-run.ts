// The report of a finished run, from what it left in its folder.
import { join } from "node:path";
import type { RunComparison } from "../run/compare-runs.ts";
import { type RunRecord, readOutcome, runFolder } from "../run/run-folder.ts";
import type { HardPicture } from "./report-data.ts";
import { writeTrainingReport } from "./training-report.ts";

/**
 * Writes the report into a run's folder, beside the run that it was retrained from or another one.
 *
 * @param beforeDir null for the run that it was retrained from, where there is one
 * @returns how the runs compare; null without one before
 * @throws FacelatchError INPUT_MISSING for a folder without a finished run
 */
export async function reportRun(runDir: string, beforeDir: string | null): Promise<RunComparison | null> {
  const { record, predictions } = await readOutcome(runDir);
  const earlierDir = beforeDir ?? (record.retraining === null ? null : join(runDir, runFolder.before));
  const before = earlierDir === null ? null : await readOutcome(earlierDir);
  return writeTrainingReport(runDir, { record, predictions, before, hard: hardPictures(record) });
}

/** Photos that were kept back from training, and in which a face was found. */
function hardPictures({ dataDir, heldOut }: RunRecord): HardPicture[] {
  return Object.entries(heldOut).flatMap(([note, { photos }]) =>
    photos.flatMap(({ path, scores }) => (scores === null ? [] : [{ picture: join(dataDir, path), scores, note }])),
  );
}
