// One training, top to bottom: prepare, extract, train the head, convert, compare, choose the threshold, record.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { fillClassifierInput } from "../device/bundle/input-tensor.ts";
import type { Progress } from "../device/terminal/progress.ts";
import { decodeJpeg } from "../device/vision/decode-jpeg.ts";
import type { Engine } from "../device/vision/engine.ts";
import { floatTensor } from "../device/vision/float-tensor.ts";
import { openTfliteEngine } from "../device/vision/tflite-engine.ts";
import { choosePrecision, type PrecisionReport } from "./choose-precision.ts";
import {
  type Backbone,
  faceMarginRatio,
  faceWidthMinPx,
  inputPx,
  joinClassifier,
  openBackbone,
  predictWithTensorFlow,
} from "./classifier.ts";
import { convertLayersModel } from "./convert/convert.ts";
import { withMetadata } from "./convert/metadata.ts";
import { encodeJpeg, readPhoto } from "./dataset/photo.ts";
import { type ClassFolder, classFolders, listPhotos, type Prepared, prepareDataset } from "./dataset/prepare.ts";
import { type SplitName, splitByGroup, splitNames } from "./dataset/split.ts";
import { learnDefences } from "./defences.ts";
import { openTrainingDetector } from "./detector.ts";
import { enrolPeople } from "./enrolment.ts";
import { extractFeatures, type FeatureSet } from "./features/features.ts";
import { predictScores, trainHead } from "./head/head.ts";
import { accuracyOf, chooseGate, confusionOf, precisionOf, recallOf, type Scored, type Threshold } from "./metrics.ts";
import { type RunRecord, runFolder, writeRunRecord } from "./run-folder.ts";
import { seededRandom } from "./seeded-random.ts";
import { useWasmBackend } from "./tensor-backend.ts";

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
  /** "auto" ships int8 where the accuracy gate allows it. */
  readonly quantize?: "float32" | "auto";
  /** The share of strangers that may pass the verification, where there are enough of them to tell. */
  readonly farMax?: number;
  /** How many photos the defences are learnt from at most, where that is not the usual number. */
  readonly defencePhotosMax?: number;
  readonly progress: Progress;
}

/** As few strangers as this may pass the verification. */
const defaultFarMax = 1e-4;

const labelsOf = (ownerLabel: string) => [ownerLabel, "Others", "Objects"];

/** Pictures on which the converted model is compared with TensorFlow.js. */
const comparedPictures = 12;

/**
 * Trains on a folder of photos and leaves the run in `runDir`.
 *
 * @throws FacelatchError DATASET_INVALID, TRAINING_FAILED, CONVERT_UNSUPPORTED
 */
export async function train(options: TrainOptions): Promise<RunRecord> {
  const startMs = performance.now();
  const { progress, runDir, seed } = options;
  const labels = labelsOf(options.ownerLabel);
  await mkdir(runDir, { recursive: true });
  await useWasmBackend();
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const prepared = await prepare(options, engine);
  const backbone = await openBackbone(options.weightsDir ?? null);
  const features = await extractFeatures({
    preparedDir: join(runDir, runFolder.prepared),
    engine,
    extractor: convertLayersModel(backbone.extractor, { description: backbone.name }).bytes,
    input: backbone.input,
    width: backbone.width,
    progress,
  });
  const head = await trainHead(features.train, features.validation, {
    classes: labels.length,
    epochsMax: options.epochsMax,
    patience: options.patience,
    batchSize: 64,
    learningRate: 5e-4,
    seed,
    progress,
  });
  const scored = (set: FeatureSet): Scored[] => predictScores(head.model, set, labels.length);
  const validation = scored(features.validation);
  const threshold = chooseGate(validation, 0);
  const splits = await splitsOf(options);
  const isForTraining = (folder: "owner" | "others", photo: string) => splits[folder].get(photo) !== "test";
  const farMax = options.farMax ?? defaultFarMax;
  const enrolment = await enrolPeople({ ...options, engine, farMax, isForTraining });
  const defences = await learnDefences({ ...options, engine, backbone, isForTraining });
  const classifier = joinClassifier(backbone, head.model, labels.length);
  const conversion = await convertClassifier(options, engine, backbone, classifier, features, threshold);
  await writeGoldenPhotos(options);
  progress.end();

  const confusion = {
    train: confusionOf(scored(features.train), labels.length),
    validation: confusionOf(validation, labels.length),
    test: confusionOf(scored(features.test), labels.length),
  };
  const record: RunRecord = {
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    labels,
    ownerLabel: options.ownerLabel,
    backbone: backbone.name,
    weights: backbone.weights,
    input: backbone.input,
    faceMarginRatio,
    seed,
    engine: `features by tflite ${engine.name}, head by tfjs wasm`,
    datasetSha256: await digestPrepared(join(runDir, runFolder.prepared)),
    counts: prepared.counts,
    skipped: prepared.skipped,
    epochs: head.epochs,
    bestEpoch: head.bestEpoch,
    validationAccuracy: accuracyOf(confusion.validation),
    testAccuracy: accuracyOf(confusion.test),
    perClass: Object.fromEntries(
      labels.map((label, i) => [
        label,
        { precision: precisionOf(confusion.test, i), recall: recallOf(confusion.test, i) },
      ]),
    ),
    confusion,
    threshold,
    enrolment,
    defences,
    conversionMaxAbsDiff: conversion.maxAbsDiff,
    precision: conversion.precision,
    durationS: (performance.now() - startMs) / 1000,
  };
  await writeRunRecord(runDir, record);
  return record;
}

/** Writes the classifier as .tflite, in the precision that is asked for or that the gate allows, and compares it. */
async function convertClassifier(
  options: TrainOptions,
  engine: Engine,
  backbone: Backbone,
  classifier: LayersModel,
  { train, validation }: Readonly<Record<"train" | "validation", FeatureSet>>,
  { scoreMin }: Threshold,
): Promise<{ readonly maxAbsDiff: number; readonly precision: PrecisionReport | null }> {
  const { progress, runDir } = options;
  progress.step("converting to .tflite", 1);
  const float = convertLayersModel(classifier, {
    description: `Facelatch classifier: ${labelsOf(options.ownerLabel).join(", ")}`,
  });
  const maxAbsDiff = await compareConversion(options, engine, backbone, classifier, float.bytes, validation);
  progress.advance(1, `largest difference ${maxAbsDiff.toExponential(1)}`);
  const preparedDir = join(runDir, runFolder.prepared);
  const picked =
    options.quantize === "auto"
      ? await choosePrecision({
          float,
          engine,
          input: backbone.input,
          preparedDir,
          train,
          validation,
          owner: 0,
          scoreMin,
          progress,
        })
      : { chosen: float, report: null };
  const { mean, scale } = backbone.input;
  const file = withMetadata(picked.chosen.bytes, {
    name: "Facelatch classifier",
    description: `${backbone.name}, ${backbone.weights}`,
    labels: labelsOf(options.ownerLabel),
    mean,
    scale,
  });
  await writeFile(join(runDir, runFolder.classifier), file);
  const shipped = picked.report?.chosen === "int8" ? picked.report.maxAbsDiff : maxAbsDiff;
  return { maxAbsDiff: shipped, precision: picked.report };
}

/** Prepares the data set alone, into the run's folder. */
export async function prepare(
  options: Pick<TrainOptions, "dataDir" | "runDir" | "seed" | "progress">,
  engine: Engine,
): Promise<Prepared> {
  return prepareDataset({
    dataDir: options.dataDir,
    preparedDir: join(options.runDir, runFolder.prepared),
    sizePx: inputPx,
    faceMarginRatio,
    faceWidthMinPx,
    seed: options.seed,
    detectFaces: await openTrainingDetector(engine),
    progress: options.progress,
  });
}

/** The largest difference of any score between the .tflite and TensorFlow.js, on validation pictures. */
async function compareConversion(
  options: TrainOptions,
  engine: Engine,
  backbone: Backbone,
  classifier: LayersModel,
  bytes: Uint8Array,
  validation: FeatureSet,
): Promise<number> {
  const model = engine.load(bytes);
  const input = floatTensor(model.inputs, backbone.input.shape);
  const stride = Math.max(1, Math.floor(validation.pictures.length / comparedPictures));
  let max = 0;
  for (const picture of validation.pictures.filter((_, i) => i % stride === 0).slice(0, comparedPictures)) {
    const image = await decodeJpeg(await readFile(join(options.runDir, runFolder.prepared, picture)));
    const { widthPx, heightPx } = image;
    fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, backbone.input, input);
    model.infer();
    const scores = model.outputs[0]!.data;
    const [expected] = predictWithTensorFlow(classifier, [input]);
    max = expected!.reduce((most, score, i) => Math.max(most, Math.abs(score - Number(scores[i]))), max);
  }
  return max;
}

/** One validation photo of each class, whole, for the bundle's golden images. */
async function writeGoldenPhotos({ dataDir, runDir, seed }: TrainOptions): Promise<void> {
  const folder = join(runDir, runFolder.golden);
  await mkdir(folder, { recursive: true });
  for (const name of classFolders) {
    const photo = await validationPhoto(dataDir, name, seed);
    await writeFile(join(folder, `golden-${name}.jpg`), await encodeJpeg(await readPhoto(join(dataDir, name, photo))));
  }
}

async function validationPhoto(dataDir: string, folder: ClassFolder, seed: number): Promise<string> {
  const splits = await splitOf(dataDir, folder, seed);
  const validation = [...splits.keys()].filter((photo) => splits.get(photo) === "validation");
  return validation[Math.floor(validation.length / 2)]!;
}

/** The split that the preparation gave each photo of a class. */
async function splitOf(dataDir: string, folder: ClassFolder, seed: number): Promise<Map<string, SplitName>> {
  return splitByGroup(await listPhotos(join(dataDir, folder)), seededRandom(seed));
}

async function splitsOf({ dataDir, seed }: TrainOptions): Promise<Record<"owner" | "others", Map<string, SplitName>>> {
  return { owner: await splitOf(dataDir, "owner", seed), others: await splitOf(dataDir, "others", seed) };
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
