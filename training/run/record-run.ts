// The record of a run: everything that was chosen, found and measured, written when all the rest is on the disk.

import { resolve } from "node:path";
import type { Prepared } from "../dataset/prepare.ts";
import type { Settings } from "../train.ts";
import type { NetworkParts, TrainedNetwork } from "../train-network.ts";
import { isWeightsWord } from "../weights/open-weights.ts";
import { compareRuns } from "./compare-runs.ts";
import { figuresOf } from "./figures.ts";
import { digestPrepared } from "./prepare-run.ts";
import {
  type Predictions,
  type RetrainingRecord,
  type RunOutcome,
  type RunRecord,
  writePredictions,
  writeRunRecord,
} from "./run-folder.ts";

/** What the steps of a training came to. */
export interface RunResult extends NetworkParts, Pick<RunRecord, "heldOut" | "threshold" | "enrolment" | "defences"> {
  readonly network: Pick<TrainedNetwork, "head" | "tuning" | "featuresDir">;
  readonly predictions: Predictions;
  readonly conversion: { readonly maxAbsDiff: number; readonly precision: RunRecord["precision"] };
  /** When the training began, on `performance.now()`'s clock. */
  readonly startMs: number;
  readonly peakRssBytes: number;
}

/** Writes predictions and record. Throws DISK_FULL, OUTPUT_UNWRITABLE. */
export async function recordRun(settings: Settings, result: RunResult): Promise<RunRecord> {
  const { runDir, before } = settings;
  const { labels, backbone, prepared, predictions, conversion } = result;
  const { head, tuning, featuresDir } = result.network;
  const record: RunRecord = {
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    labels,
    ownerLabel: settings.ownerLabel,
    dataDir: resolve(settings.dataDir),
    featuresDir,
    backboneShape: backbone.shape,
    backbone: backbone.name,
    // Found again from whatever folder it is retrained in.
    weightsSource: isWeightsWord(settings.weights) ? settings.weights : resolve(settings.weights),
    weights: backbone.weights,
    framing: settings.framing,
    input: backbone.input,
    faceMarginRatio: settings.faceMarginRatio,
    seed: settings.seed,
    ...result.plan,
    patience: settings.patience,
    epochsMax: settings.epochsMax,
    engine: result.engines.description,
    datasetSha256: await digestPrepared(runDir),
    counts: prepared.counts,
    skipped: prepared.skipped,
    leaks: prepared.leaks,
    leaking: prepared.leaking,
    notes: prepared.notes,
    history: head.history,
    bestEpoch: head.bestEpoch,
    resumedAt: head.resumedAt,
    tuning,
    ...figuresOf(predictions, labels),
    heldOut: result.heldOut,
    threshold: result.threshold,
    enrolment: result.enrolment,
    defences: result.defences,
    conversionMaxAbsDiff: conversion.maxAbsDiff,
    precision: conversion.precision,
    retraining: before === undefined ? null : retrainingOf(before, prepared, predictions),
    durationS: (performance.now() - result.startMs) / 1000,
    peakRssBytes: result.peakRssBytes,
  };
  await writePredictions(runDir, predictions);
  await writeRunRecord(runDir, record);
  return record;
}

/** A run and where it lies. */
export interface EarlierRun {
  /** Absolute. */
  readonly runDir: string;
  readonly outcome: RunOutcome;
}

function retrainingOf(
  { runDir, outcome }: EarlierRun,
  { counts }: Pick<Prepared, "counts">,
  { test }: Predictions,
): RetrainingRecord {
  const old = outcome.record.counts.train;
  const { owner, others, objects } = counts.train;
  return {
    from: runDir,
    added: { owner: owner - old.owner, others: others - old.others, objects: objects - old.objects },
    // The owner's label is the first.
    ...compareRuns(outcome.predictions.test, test, 0),
  };
}
