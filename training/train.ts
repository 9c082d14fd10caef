// One training, top to bottom: prepare, extract, train the head, convert, compare, choose the threshold, record.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../device/terminal/progress.ts";
import type { Engine } from "../device/vision/engine.ts";
import { openTfliteEngine } from "../device/vision/tflite-engine.ts";
import { openBackbone } from "./backbones/open-backbone.ts";
import { faceMarginRatio, faceWidthMinPx, inputPx } from "./classifier.ts";
import { convertLayersModel } from "./convert/convert.ts";
import { classFolders, type SplitName, splitNames } from "./dataset/classes.ts";
import { writeContactSheets } from "./dataset/contact-sheet.ts";
import type { FramingKind, FramingWithDetector } from "./dataset/frame-photo.ts";
import { listPhotos } from "./dataset/list-photos.ts";
import { encodeJpeg, readPhoto } from "./dataset/photo.ts";
import { type Prepared, prepareDataset } from "./dataset/prepare.ts";
import { learnDefences } from "./defences.ts";
import { openTrainingDetector } from "./detector.ts";
import { enrolPeople } from "./enrolment.ts";
import { extractFeatures } from "./features/features.ts";
import { openLocalExtractor } from "./features/local-extractor.ts";
import { appendReadOut } from "./features/read-out.ts";
import { removeCheckpoint } from "./head/checkpoint.ts";
import { predictScores, trainHead } from "./head/head.ts";
import { joinHead } from "./head/join.ts";
import { scoreHeldOut } from "./held-out.ts";
import { accuracyOf, chooseGate, confusionOf, precisionOf, recallOf, type Scored } from "./metrics.ts";
import { defaultHead, type HeadName, type Plan, type Recipe, recipes } from "./recipe.ts";
import { type RunRecord, runFolder, writeRunRecord } from "./run-folder.ts";
import { shipClassifier } from "./ship-classifier.ts";
import { useWasmBackend } from "./tensor-backend.ts";
import { makeFolder, replaceFile } from "./write-file.ts";

export interface TrainOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  readonly ownerLabel: string;
  readonly runDir: string;
  readonly seed: number;
  readonly epochsMax: number;
  readonly patience: number;
  /** The backbone's weights as .npy files; null for those that npm carries. */
  readonly weightsDir?: string | null;
  readonly headName?: HeadName;
  /** Of each training picture; null for what the head's recipe says. */
  readonly variants?: number | null;
  /** What differs from the recipe of the head. */
  readonly recipe?: Partial<Recipe["head"]>;
  /** How photos become squares; anything but faces is for comparison. */
  readonly framing?: FramingKind;
  /** Paths below the data set's folder that are not trained on, but reported photo by photo. */
  readonly heldOut?: readonly string[];
  /** "auto" ships int8 where the accuracy gate allows it. */
  readonly quantize?: "float32" | "auto";
  /** The share of strangers that may pass the verification, where there are enough of them to tell. */
  readonly farMax?: number;
  readonly progress: Progress;
}

/** As few strangers as this may pass the verification. */
const defaultFarMax = 1e-4;

const labelsOf = (ownerLabel: string) => [ownerLabel, "Others", "Objects"];

/**
 * Trains on a folder of photos and leaves the run in `runDir`. Killed at any moment and started again, it ends with the
 * same weights.
 *
 * @throws FacelatchError DATASET_INVALID, TRAINING_FAILED, CONVERT_UNSUPPORTED, DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function train(options: TrainOptions): Promise<RunRecord> {
  const startMs = performance.now();
  const { progress, runDir, seed } = options;
  const labels = labelsOf(options.ownerLabel);
  const plan = planOf(options);
  await makeFolder(runDir);
  await useWasmBackend();
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const prepared = await prepare(options, engine);
  const shape = { name: "mobilenet-v2", alpha: 1, sizePx: inputPx } as const;
  const backbone = await openBackbone({ shape, weights: options.weightsDir ?? "npm", progress });
  const network = appendReadOut(backbone.network, plan.readOut);
  const extractor = openLocalExtractor({
    engine,
    extractor: convertLayersModel(network, { description: backbone.name }).bytes,
    input: backbone.input,
    width: network.outputs[0]!.shape[1]!,
    seed,
  });
  const features = await extractFeatures({
    preparedDir: join(runDir, runFolder.prepared),
    pictures: prepared.photos.flatMap(({ split, folder, pictures }) =>
      pictures.map((picture) => ({ split, folder, picture })),
    ),
    cacheDir: join(runDir, runFolder.features),
    extractor,
    seed,
    variants: plan.variants,
    progress,
  });
  const head = await trainHead(features.train, features.validation, {
    ...plan.head,
    classes: labels.length,
    patience: options.patience,
    seed,
    epochsMax: options.epochsMax,
    checkpointPath: join(runDir, runFolder.checkpoint),
    progress,
  });
  const scored = {
    train: predictScores(head.model, features.train, labels.length),
    validation: predictScores(head.model, features.validation, labels.length),
    test: predictScores(head.model, features.test, labels.length),
  };
  const threshold = chooseGate(scored.validation, 0);
  const tested = new Set(prepared.photos.filter(({ split }) => split === "test").map(({ path }) => path));
  const isForTraining = (folder: "owner" | "others", photo: string) => !tested.has(`${folder}/${photo}`);
  const farMax = options.farMax ?? defaultFarMax;
  const enrolment = await enrolPeople({ ...options, engine, farMax, isForTraining });
  const defences = await learnDefences({ ...options, engine, backbone, isForTraining });
  const classifier = joinHead(network, head.model);
  const conversion = await shipClassifier({ ...options, labels }, engine, backbone, classifier, features, threshold);
  await writeGoldenPhotos(options, prepared);
  const heldOut = await scoreHeldOut(options, labels, extractor, head.model, await framingOf(options, engine));
  progress.end();
  const record: RunRecord = {
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    labels,
    ownerLabel: options.ownerLabel,
    backbone: backbone.name,
    weights: backbone.weights,
    ...plan,
    input: backbone.input,
    faceMarginRatio,
    seed,
    engine: `features by tflite ${engine.name}, head by tfjs wasm`,
    datasetSha256: await digestPrepared(join(runDir, runFolder.prepared)),
    counts: prepared.counts,
    skipped: prepared.skipped,
    leaks: prepared.leaks,
    leaking: prepared.leaking,
    notes: prepared.notes,
    epochs: head.epochs,
    bestEpoch: head.bestEpoch,
    resumedAt: head.resumedAt,
    ...figuresOf(scored, labels),
    heldOut,
    threshold,
    enrolment,
    defences,
    conversionMaxAbsDiff: conversion.maxAbsDiff,
    precision: conversion.precision,
    durationS: (performance.now() - startMs) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  await writeRunRecord(runDir, record);
  await removeCheckpoint(join(runDir, runFolder.checkpoint));
  return record;
}

/** The head's recipe, and what the options change about it. */
function planOf({ headName = defaultHead, variants, recipe }: TrainOptions): Plan {
  const usual = recipes[headName];
  return {
    headName,
    readOut: usual.readOut,
    variants: variants ?? usual.variants,
    head: { ...usual.head, ...recipe },
  };
}

function figuresOf(scored: Readonly<Record<SplitName, readonly Scored[]>>, labels: readonly string[]) {
  const confusion = {
    train: confusionOf(scored.train, labels.length),
    validation: confusionOf(scored.validation, labels.length),
    test: confusionOf(scored.test, labels.length),
  };
  return {
    validationAccuracy: accuracyOf(confusion.validation),
    testAccuracy: accuracyOf(confusion.test),
    perClass: Object.fromEntries(
      labels.map((label, i) => [
        label,
        { precision: precisionOf(confusion.test, i), recall: recallOf(confusion.test, i) },
      ]),
    ),
    confusion,
  };
}

type PrepareSettings = Pick<TrainOptions, "dataDir" | "runDir" | "seed" | "framing" | "heldOut" | "progress">;

/** How photos become squares, with the detector that looks for the faces. */
async function framingOf({ framing }: Pick<TrainOptions, "framing">, engine: Engine): Promise<FramingWithDetector> {
  const detectFaces = await openTrainingDetector(engine);
  return { kind: framing ?? "face", sizePx: inputPx, faceMarginRatio, faceWidthMinPx, detectFaces };
}

/** Prepares the data set alone, into the run's folder. */
export async function prepare(options: PrepareSettings, engine: Engine): Promise<Prepared> {
  const prepared = await prepareDataset({
    ...(await framingOf(options, engine)),
    dataDir: options.dataDir,
    preparedDir: join(options.runDir, runFolder.prepared),
    seed: options.seed,
    heldOut: options.heldOut ?? [],
    progress: options.progress,
  });
  await writeContactSheets(
    join(options.runDir, runFolder.prepared),
    prepared.photos,
    join(options.runDir, runFolder.samples),
  );
  return prepared;
}

/** One validation photo of each class, whole, for the bundle's golden images. */
async function writeGoldenPhotos({ dataDir, runDir }: TrainOptions, { photos }: Prepared): Promise<void> {
  const folder = join(runDir, runFolder.golden);
  await makeFolder(folder);
  for (const name of classFolders) {
    const validation = photos.filter((photo) => photo.folder === name && photo.split === "validation");
    const { path } = validation[Math.floor(validation.length / 2)]!;
    await replaceFile(join(folder, `golden-${name}.jpg`), await encodeJpeg(await readPhoto(join(dataDir, path))));
  }
}

async function digestPrepared(preparedDir: string): Promise<string> {
  const hash = createHash("sha256");
  for (const split of splitNames) {
    for (const folder of classFolders) {
      for (const photo of await listPhotos(join(preparedDir, split, folder))) {
        hash.update(`${split}/${folder}/${photo}\n`).update(await readFile(join(preparedDir, split, folder, photo)));
      }
    }
  }
  return hash.digest("hex");
}
