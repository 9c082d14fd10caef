// One training, top to bottom: prepare, extract, train the head, measure, enrol, learn defences, convert, record.
import { join, resolve } from "node:path";
import type { Progress } from "../device/terminal/progress.ts";
import { openTfliteEngine } from "../device/vision/tflite-engine.ts";
import type { BackboneShape } from "./backbones/architectures.ts";
import { openBackbone } from "./backbones/open-backbone.ts";
import { faceMarginRatio as defaultFaceMarginRatio, notebookShape } from "./classifier.ts";
import { compareRuns, type EarlierRun } from "./compare-runs.ts";
import type { FramingKind } from "./dataset/frame-photo.ts";
import { learnDefences, openDefenceBackbone } from "./defences.ts";
import type { EngineName } from "./engines/engine.ts";
import { chooseEngines, findEngines } from "./engines/find-engines.ts";
import { useTensorEngine } from "./engines/tensor-engine.ts";
import { enrolPeople } from "./enrolment.ts";
import { extractFeatures } from "./features/features.ts";
import { appendReadOut } from "./features/read-out.ts";
import { VariantExtractor } from "./features/variant-extractor.ts";
import { figuresOf, predictSplits } from "./figures.ts";
import { removeCheckpoint } from "./head/checkpoint.ts";
import { trainHead } from "./head/head.ts";
import { joinHead } from "./head/join.ts";
import { scoreHeldOut } from "./held-out.ts";
import { chooseGate } from "./metrics.ts";
import { digestPrepared, framingOf, prepareRun, writeGoldenPhotos } from "./prepare-run.ts";
import { type PlanOptions, planOf } from "./recipe.ts";
import { type RunRecord, runFolder, writePredictions, writeRunRecord } from "./run-folder.ts";
import { shipClassifier } from "./ship-classifier.ts";
import { makeFolder } from "./write-file.ts";

export interface TrainOptions extends PlanOptions {
  /** Holds owner/, others/ and objects/, and household/ where there are housemates. */
  readonly dataDir: string;
  readonly ownerLabel: string;
  readonly runDir: string;
  /** Of split, augmentation, weights and order. */
  readonly seed: number;
  readonly epochsMax: number;
  readonly patience: number;
  readonly backbone?: BackboneShape;
  /** `npm`, `keras`, or a path: see `openWeights`. */
  readonly weights?: string;
  readonly engine?: EngineName | "auto";
  /** How photos become squares; anything but faces is for comparison. */
  readonly framing?: FramingKind;
  readonly faceMarginRatio?: number;
  /** Paths below the data set's folder that are not trained on, but reported photo by photo. */
  readonly heldOut?: readonly string[];
  /** Where features are kept for later runs; the run's own folder by default. */
  readonly featuresDir?: string;
  /** "auto" ships int8 where the accuracy gate allows it. */
  readonly quantize?: "float32" | "auto";
  /** The share of strangers that may pass the verification, where there are enough of them to tell. */
  readonly farMax?: number;
  /** The run that this one is retrained from, whose prepared pictures are in this run's folder already. */
  readonly before?: EarlierRun;
  readonly progress: Progress;
}

/** Kept where nobody says otherwise; as few strangers as `farMax` may pass the verification. */
const defaults = {
  backbone: notebookShape,
  weights: "npm",
  engine: "auto",
  framing: "face",
  faceMarginRatio: defaultFaceMarginRatio,
  heldOut: [],
  quantize: "float32",
  farMax: 1e-4,
} as const;

/**
 * Trains on a folder of photos and leaves the run in `runDir`. Killed at any moment and started again, it ends with the
 * same weights.
 *
 * @throws FacelatchError DATASET_INVALID, ENGINE_UNAVAILABLE, INPUT_MISSING and INPUT_INVALID for weights,
 *   TRAINING_FAILED, CONVERT_UNSUPPORTED, DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function train(given: TrainOptions): Promise<RunRecord> {
  const startMs = performance.now();
  const options = { ...defaults, ...given, grow: given.before !== undefined };
  const { progress, runDir, seed } = options;
  const labels = [options.ownerLabel, "Others", "Objects"];
  const plan = planOf(options);
  await makeFolder(runDir);
  const engines = chooseEngines(options.engine, await findEngines());
  progress.say(`Engines: ${engines.description}`);
  await useTensorEngine(engines.head.engine);
  const backbone = await openBackbone({ shape: options.backbone, weights: options.weights, progress });
  const prepared = await prepareRun(options);

  const network = appendReadOut(backbone.network, plan.readOut);
  const { input } = backbone;
  const extractor = new VariantExtractor({ engine: engines.features, network, input, seed });
  const featuresDir = resolve(options.featuresDir ?? join(runDir, runFolder.features));
  const { photos } = prepared;
  const preparedDir = join(runDir, runFolder.prepared);
  const variants = plan.variants;
  const features = await extractFeatures({ photos, preparedDir, featuresDir, extractor, seed, variants, progress });
  const checkpointPath = join(runDir, runFolder.checkpoint);
  const head = await trainHead(features.train, features.validation, {
    ...plan.head,
    ...{ classes: labels.length, patience: options.patience, epochsMax: options.epochsMax },
    ...{ seed, checkpointPath, progress },
  });

  const predictions = predictSplits(head.model, features, labels.length);
  const figures = figuresOf(predictions, labels);
  const threshold = chooseGate(predictions.validation, 0);
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const framing = framingOf(options);
  const heldOut = await scoreHeldOut({ ...options, framing, labels, extractor, head: head.model });
  await extractor.close();
  const tested = new Set(photos.filter(({ split }) => split === "test").map(({ path }) => path));
  const isForTraining = (folder: "owner" | "others", photo: string) => !tested.has(`${folder}/${photo}`);
  const enrolment = await enrolPeople({ ...options, engine, isForTraining });
  const defenceBackbone = await openDefenceBackbone(backbone, progress);
  const defences = await learnDefences({ ...options, engine, backbone: defenceBackbone, isForTraining });
  const classifier = joinHead(network, head.model);
  const conversion = await shipClassifier({ ...options, labels }, engine, backbone, classifier, features, threshold);
  await writeGoldenPhotos(options, prepared);
  progress.end();

  const record: RunRecord = {
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    labels,
    ownerLabel: options.ownerLabel,
    ...{ dataDir: resolve(options.dataDir), featuresDir },
    ...{ backboneShape: backbone.shape, backbone: backbone.name },
    ...{ weightsSource: options.weights, weights: backbone.weights, input },
    ...plan,
    ...{ framing: options.framing, faceMarginRatio: options.faceMarginRatio, seed },
    ...{ patience: options.patience, epochsMax: options.epochsMax },
    engine: engines.description,
    datasetSha256: await digestPrepared(runDir),
    ...{ counts: prepared.counts, skipped: prepared.skipped, notes: prepared.notes },
    ...{ leaks: prepared.leaks, leaking: prepared.leaking },
    ...{ history: head.history, bestEpoch: head.bestEpoch, resumedAt: head.resumedAt },
    ...figures,
    ...{ heldOut, threshold, enrolment, defences },
    ...{ conversionMaxAbsDiff: conversion.maxAbsDiff, precision: conversion.precision },
    retraining: given.before === undefined ? null : compareRuns(given.before, prepared, predictions, labels),
    durationS: (performance.now() - startMs) / 1000,
    // In kilobytes, whatever the platform.
    peakRssBytes: process.resourceUsage().maxRSS * 1024 + extractor.peakRssBytes,
  };
  await writePredictions(runDir, predictions);
  await writeRunRecord(runDir, record);
  await removeCheckpoint(checkpointPath);
  return record;
}
