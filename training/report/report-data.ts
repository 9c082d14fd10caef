// What a training hands to its report.
import type { SplitName } from "../dataset/split.ts";
import type { RunRecord } from "../run-folder.ts";

export interface EpochRecord {
  /** As shown to people; the record's `bestEpoch` is an index into the history. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

export interface Prediction {
  /** Relative to the run's prepared folder, with `/`. */
  readonly picture: string;
  /** Index of the true class. */
  readonly truth: number;
  /** Class scores, summing to 1, in the order of the record's labels. */
  readonly scores: readonly number[];
}

export type SplitPredictions = Readonly<Record<SplitName, readonly Prediction[]>>;

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
  readonly history: readonly EpochRecord[];
  readonly predictions: SplitPredictions;
  /** The run that this one went on from; null for a first one. */
  readonly before: { readonly record: ReportedRecord; readonly predictions: SplitPredictions } | null;
  readonly hard: readonly HardPicture[];
  /** The photos' folder: its manifest.tsv, where there is one, says where they come from. */
  readonly dataDir?: string;
}

/** What of a run's record the report shows; figures are computed from the predictions. */
export type ReportedRecord = Pick<
  RunRecord,
  | "createdAt"
  | "labels"
  | "ownerLabel"
  | "backbone"
  | "weights"
  | "input"
  | "faceMarginRatio"
  | "seed"
  | "engine"
  | "datasetSha256"
  | "counts"
  | "skipped"
  | "bestEpoch"
  | "threshold"
  | "conversionMaxAbsDiff"
  | "durationS"
> & {
  /** Pairs of photos in different splits that show the same; absent where nobody counted. */
  readonly leaks?: number;
  /** How the data set was split, where that is not the usual way. */
  readonly notes?: readonly string[];
};
