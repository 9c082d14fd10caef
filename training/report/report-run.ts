// The report of a finished run, from what it left in its folder.
import type { Progress } from "../../device/terminal/progress.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { readRunRecord } from "../run-folder.ts";
import { predictRun } from "./predict-run.ts";
import type { RunComparison } from "./statistics/compare-runs.ts";
import { writeTrainingReport } from "./training-report.ts";

export interface ReportRunOptions {
  readonly runDir: string;
  /** The run that this one went on from. */
  readonly beforeDir: string | null;
  /** The photos' folder, for its manifest.tsv. */
  readonly dataDir: string | null;
  readonly progress: Progress;
}

/**
 * Scores the prepared pictures of one run or two with their classifiers, and writes the report into the first's folder.
 *
 * @returns how the runs compare; null without one before
 * @throws FacelatchError INPUT_MISSING for a folder without a finished run
 */
export async function reportRun({
  runDir,
  beforeDir,
  dataDir,
  progress,
}: ReportRunOptions): Promise<RunComparison | null> {
  const records = {
    now: await readRunRecord(runDir),
    before: beforeDir === null ? null : await readRunRecord(beforeDir),
  };
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const predict = (folder: string, record: typeof records.now) =>
    predictRun({ runDir: folder, record, engine, progress });
  const predictions = await predict(runDir, records.now);
  return writeTrainingReport(runDir, {
    record: records.now,
    history: records.now.epochs.map((epoch, index) => ({ ...epoch, epoch: index + 1 })),
    predictions,
    before:
      beforeDir === null || records.before === null
        ? null
        : { record: records.before, predictions: await predict(beforeDir, records.before) },
    hard: [],
    ...(dataDir === null ? {} : { dataDir }),
  });
}
