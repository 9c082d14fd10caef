// What a training leaves behind in its folder, and how the next step reads it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GalleryLayout } from "../device/bundle/gallery.ts";
import type { Manifest, ModelInput } from "../device/bundle/manifest.ts";
import { FacelatchError, messageOf } from "../device/errors/errors.ts";
import type { PrecisionReport } from "./choose-precision.ts";
import type { Prepared } from "./dataset/prepare.ts";
import type { SplitName } from "./dataset/split.ts";
import type { Epoch } from "./head/head.ts";
import type { Confusion, Rate, Threshold } from "./metrics.ts";

export const runFolder = {
  prepared: "prepared",
  classifier: "classifier.tflite",
  gallery: "gallery.f32",
  coveringModel: "covering-features.tflite",
  maskHead: "mask-head.flh",
  occlusionHead: "occlusion-head.flh",
  spoofHead: "spoof-head.flh",
  spoofModel: "spoof-features.tflite",
  golden: "golden",
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
export interface RunRecord {
  readonly formatVersion: 1;
  readonly createdAt: string;
  readonly labels: readonly string[];
  readonly ownerLabel: string;
  readonly backbone: string;
  readonly weights: string;
  readonly input: ModelInput;
  readonly faceMarginRatio: number;
  readonly seed: number;
  readonly engine: string;
  readonly datasetSha256: string;
  readonly counts: Prepared["counts"];
  readonly skipped: Prepared["skipped"];
  readonly epochs: readonly Epoch[];
  readonly bestEpoch: number;
  readonly validationAccuracy: Rate;
  readonly testAccuracy: Rate;
  readonly perClass: Readonly<Record<string, { readonly precision: Rate; readonly recall: Rate }>>;
  readonly confusion: Readonly<Record<SplitName, Confusion>>;
  /** The classifier as a gate: its least score for the owner. */
  readonly threshold: Threshold;
  readonly enrolment: EnrolmentRecord;
  readonly defences: DefencesRecord;
  readonly conversionMaxAbsDiff: number;
  /** What the accuracy gate found; null where int8 was not asked for. */
  readonly precision: PrecisionReport | null;
  readonly durationS: number;
}

export async function writeRunRecord(folder: string, record: RunRecord): Promise<void> {
  await writeFile(join(folder, runFolder.record), `${JSON.stringify(record, null, 2)}\n`);
}

/** Throws INPUT_MISSING when the folder holds no finished run. */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, runFolder.record);
  try {
    const record = JSON.parse(await readFile(path, "utf8")) as RunRecord;
    if (record.formatVersion !== 1) throw new Error(`format version ${String(record.formatVersion)}`);
    if (record.defences?.coverings === undefined)
      throw new Error("a training of an older version, which learnt other defences");
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
