// What a training hands to its report.
import type { Predictions, RunRecord } from "../run/run-folder.ts";

/** A picture that nothing was trained on or tuned to. */
export interface HardPicture {
  /** Absolute, or relative to the run's folder. */
  readonly picture: string;
  readonly scores: readonly number[];
  /** What it is, as the reader needs to know: pictures of one note stand together. */
  readonly note: string;
}

export interface ReportData {
  readonly record: ReportedRecord;
  readonly predictions: Predictions;
  /** The run that this one went on from; null for a first one. */
  readonly before: Pick<ReportData, "record" | "predictions"> | null;
  readonly hard: readonly HardPicture[];
}

/** What of a run's record the report shows; figures are computed from the predictions. */
export type ReportedRecord = Pick<
  RunRecord,
  | "createdAt"
  | "labels"
  | "ownerLabel"
  | "dataDir"
  | "backbone"
  | "weights"
  | "input"
  | "faceMarginRatio"
  | "seed"
  | "engine"
  | "datasetSha256"
  | "counts"
  | "skipped"
  | "leaks"
  | "notes"
  | "history"
  | "bestEpoch"
  | "threshold"
  | "conversionMaxAbsDiff"
  | "durationS"
>;
