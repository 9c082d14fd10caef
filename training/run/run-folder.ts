// What a training leaves behind in its folder, and how the next step reads it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Calibration } from "../../device/bundle/calibration.ts";
import type { GalleryLayout } from "../../device/bundle/gallery.ts";
import type { Manifest, ModelInput } from "../../device/bundle/manifest.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { BackboneShape } from "../backbones/architectures.ts";
import type { ClassFolder, SplitName } from "../dataset/classes.ts";
import type { FramingKind } from "../dataset/frame-photo.ts";
import type { Prepared } from "../dataset/prepare.ts";
import type { EpochRecord } from "../head/head.ts";
import type { Confusion, Rate, Threshold } from "../metrics.ts";
import type { PrecisionReport } from "../model-files/choose-precision.ts";
import type { Plan } from "../recipe.ts";
import { replaceFile } from "../write-file.ts";
import type { RunComparison } from "./compare-runs.ts";
import type { HeldOut } from "./held-out.ts";

export const runFolder = {
  prepared: "prepared",
  samples: "samples",
  features: "features",
  checkpoint: "checkpoint.bin",
  tuneCheckpoint: "tune-checkpoint.bin",
  classifier: "classifier.tflite",
  gallery: "gallery.f32",
  coveringModel: "covering-features.tflite",
  maskHead: "mask-head.flh",
  occlusionHead: "occlusion-head.flh",
  spoofHead: "spoof-head.flh",
  spoofModel: "spoof-features.tflite",
  golden: "golden",
  /** While they are scored. */
  heldOut: "held-out",
  predictions: "predictions.json",
  /** Of a retraining: the joined data set, and record and predictions of the run that it began with. */
  data: "data",
  before: "before",
  record: "run.json",
} as const;

/** Who was enrolled, and the thresholds that follow. */
export interface EnrolmentRecord {
  /** The rows of the gallery's file. */
  readonly layout: GalleryLayout;
  readonly embeddingSpace: string;
  readonly verifiedScoreMin: number;
  readonly householdMarginMin: number;
  /** Others' photos at or above the threshold; each of `identities` persons. */
  readonly far: Rate;
  readonly identities: number;
  /** The owner's photos below it, each against templates that were made without it. */
  readonly frr: Rate;
  /** The owner's photos that look like somebody else, and were left out. */
  readonly outliers: readonly string[];
  /** The comparisons behind these rates; missing in a run of an older version. */
  readonly calibration?: Calibration;
  readonly family: Manifest["family"];
}

/** A head that refuses, and what it refused of photos and renderings that it was not fitted on. */
export interface DefenceRecord {
  /** The suspicion is held from this score on. */
  readonly scoreMin: number;
  /** By kind: the genuine ones among them are false alarms. */
  readonly suspected: Readonly<Record<string, Rate>>;
}

export interface DefencesRecord {
  /** From which all were learnt. */
  readonly photos: number;
  /** Null where the photos were too few; a head of it is null where it missed too many. */
  readonly coverings: {
    readonly input: ModelInput;
    readonly mask: DefenceRecord | null;
    readonly occlusion: DefenceRecord | null;
  } | null;
  readonly spoof: (DefenceRecord & { readonly faceMarginRatio: number }) | null;
}

/** The record of a run, as stored in run.json. */
export interface RunRecord extends Plan {
  readonly formatVersion: 1;
  readonly createdAt: string;
  readonly labels: readonly string[];
  readonly ownerLabel: string;
  /** The data set's folder, absolute. */
  readonly dataDir: string;
  /** Where features are kept, absolute. */
  readonly featuresDir: string;
  readonly backboneShape: BackboneShape;
  /** For people. */
  readonly backbone: string;
  /** As they were asked for: `npm`, `keras`, or a path. */
  readonly weightsSource: string;
  /** Which those were, with a digest where they are a file. */
  readonly weights: string;
  readonly framing: FramingKind;
  readonly input: ModelInput;
  readonly faceMarginRatio: number;
  readonly seed: number;
  readonly engine: string;
  readonly datasetSha256: string;
  readonly counts: Prepared["counts"];
  readonly skipped: Prepared["skipped"];
  /** Pairs in different splits that show the same. */
  readonly leaks: number;
  readonly leaking: Prepared["leaking"];
  /** How the data set was split, where that is not the usual way. */
  readonly notes: readonly string[];
  readonly history: readonly EpochRecord[];
  /** Index of the epoch whose weights were kept. */
  readonly bestEpoch: number;
  readonly patience: number;
  readonly epochsMax: number;
  /** Epochs that an interrupted run before this one had done. */
  readonly resumedAt: number;
  /** What fine-tuning came to; null where nothing but the head was trained. */
  readonly tuning: TuningRecord | null;
  readonly validationAccuracy: Rate;
  readonly testAccuracy: Rate;
  readonly perClass: Readonly<Record<string, { readonly precision: Rate; readonly recall: Rate }>>;
  readonly confusion: Readonly<Record<SplitName, Confusion>>;
  /** Photos that nothing was trained on or tuned to, by the path that they were kept back under. */
  readonly heldOut: Readonly<Record<string, HeldOut>>;
  /** The classifier as a gate: its least score for the owner. */
  readonly threshold: Threshold;
  readonly enrolment: EnrolmentRecord;
  readonly defences: DefencesRecord;
  readonly conversionMaxAbsDiff: number;
  /** What the accuracy gate found; null where int8 was not asked for. */
  readonly precision: PrecisionReport | null;
  /** How it compares with the run that it was retrained from; null for a run of its own. */
  readonly retraining: RetrainingRecord | null;
  readonly durationS: number;
  /** Of this process. */
  readonly peakRssBytes: number;
}

export interface TuningRecord {
  readonly history: readonly EpochRecord[];
  /** Index of the epoch whose weights were kept; -1 where the network was best as it came. */
  readonly bestEpoch: number;
}

/** What a retraining changed, on the test pictures of the run before. */
export interface RetrainingRecord extends RunComparison {
  /** The folder of the run before, absolute. */
  readonly from: string;
  /** Pictures that came to the training split, by class. */
  readonly added: Readonly<Record<ClassFolder, number>>;
}

/** What the network says of one prepared picture. */
export interface Prediction {
  /** Below the prepared folder, with `/`: `test/owner/17.jpg`. */
  readonly picture: string;
  /** Index of the true class among the record's labels. */
  readonly truth: number;
  /** Class scores (softmax), summing to 1. */
  readonly scores: readonly number[];
}

export type Predictions = Readonly<Record<SplitName, readonly Prediction[]>>;

/** What is known of a finished run. */
export interface RunOutcome {
  readonly record: RunRecord;
  readonly predictions: Predictions;
}

export type { EpochRecord };

export async function writeRunRecord(folder: string, record: RunRecord): Promise<void> {
  await replaceFile(join(folder, runFolder.record), `${JSON.stringify(record, null, 2)}\n`);
}

export async function writePredictions(folder: string, predictions: Predictions): Promise<void> {
  await replaceFile(join(folder, runFolder.predictions), `${JSON.stringify(predictions)}\n`);
}

/** Throws INPUT_MISSING when the folder holds no finished run. */
export async function readOutcome(folder: string): Promise<RunOutcome> {
  const record = await readRunRecord(folder);
  const path = join(folder, runFolder.predictions);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the predictions of a finished training at ${path}`,
      found: messageOf(cause),
      next: "Run the same training again: it goes on from what is there.",
      cause,
    });
  });
  return { record, predictions: JSON.parse(text) as Predictions };
}

/** Throws INPUT_MISSING when the folder holds no finished run. */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, runFolder.record);
  try {
    const record = JSON.parse(await readFile(path, "utf8")) as RunRecord;
    if (record.formatVersion !== 1) throw new Error(`format version ${String(record.formatVersion)}`);
    if (record.history === undefined || record.defences?.coverings === undefined)
      throw new Error("a training of an older version, which cannot be used");
    return record;
  } catch (cause) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the record of a finished training at ${path}`,
      found: messageOf(cause),
      next: "Train first: `facelatch train --data DIR --owner NAME --out RUN`.",
      cause,
    });
  }
}
