// A small run as a training leaves it, with pictures, for tests of its report.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { classFolders, type SplitName, splitNames } from "../../../training/dataset/classes.ts";
import { chooseGate } from "../../../training/metrics.ts";
import type { ReportData, ReportedRecord } from "../../../training/report/report-data.ts";
import { scaleScores } from "../../../training/report/statistics/temperature.ts";
import type { Prediction, Predictions } from "../../../training/run/run-folder.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

export const ownerLabel = "Zoë & <b>";
const labels = [ownerLabel, "Others", "Objects"];
const photosPerClass: Readonly<Record<SplitName, number>> = { train: 30, validation: 15, test: 20 };

/** By which the small bundle's classifier knows them. */
const classColours = [
  { r: 220, g: 90, b: 40 },
  { r: 40, g: 90, b: 220 },
  { r: 120, g: 120, b: 120 },
];

/** @param wrong share of the photos that are taken for another class */
export function randomPredictions(seed: number, wrong: number): Predictions {
  const random = seededRandom(seed);
  const split = (name: SplitName) =>
    classFolders.flatMap((folder, truth) =>
      Array.from({ length: photosPerClass[name] }, (_, i): Prediction => {
        const chosen = random.next() < wrong ? (truth + 1 + random.below(2)) % 3 : truth;
        const scores = scaleScores(
          labels.map((_, label) => Math.exp((label === chosen ? 4 : 0) + 2 * random.next())),
          1,
        );
        return { picture: `${name}/${folder}/${folder}-${i}.jpg`, truth, scores };
      }),
    );
  return { train: split("train"), validation: split("validation"), test: split("test") };
}

function recordOf(predictions: Predictions): ReportedRecord {
  const counts = (name: SplitName) => {
    const [owner, others, objects] = classFolders.map(() => photosPerClass[name]);
    return { owner: owner!, others: others!, objects: objects! };
  };
  return {
    createdAt: "2026-03-01T12:34:56.000Z",
    labels,
    ownerLabel,
    dataDir: "photos",
    backbone: "MobileNetV2 1.0, 240 px",
    weights: "Keras' ImageNet weights",
    input: {
      shape: [1, 240, 240, 3],
      layout: "NHWC",
      dtype: "float32",
      colour: "RGB",
      resizeKernel: "triangle",
      mean: 127.5,
      scale: 127.5,
    },
    faceMarginRatio: 1.5,
    seed: 4711,
    engine: "features by tflite xnnpack",
    datasetSha256: "0123456789abcdef".repeat(4),
    counts: { train: counts("train"), validation: counts("validation"), test: counts("test") },
    skipped: [{ path: "owner/no <face>.jpg", kind: "no-face", reason: "expected a face, found none" }],
    leaks: 0,
    notes: [],
    history: [0.7, 0.8, 0.91, 0.9].map((accuracy, i) => ({
      epoch: i + 1,
      trainLoss: 1 - accuracy,
      trainAccuracy: accuracy + 0.05,
      validationLoss: 1.1 - accuracy,
      validationAccuracy: accuracy,
    })),
    bestEpoch: 2,
    threshold: chooseGate(predictions.validation, 0),
    conversionMaxAbsDiff: 1e-6,
    durationS: 61,
  };
}

export function reportDataOf(predictions: Predictions, more: Partial<ReportData> = {}): ReportData {
  return {
    record: recordOf(predictions),
    predictions,
    before: null,
    hard: [],
    ...more,
  };
}

/** A folder with a prepared picture for each prediction. Whoever asks for it removes it. */
export async function makeRunFolder(predictions: Predictions): Promise<string> {
  const runDir = await mkdtemp(join(tmpdir(), "facelatch-report-"));
  const pictures = await Promise.all(
    classFolders.map((_, i) =>
      sharp({ create: { width: 240, height: 240, channels: 3, background: classColours[i]! } })
        .jpeg()
        .toBuffer(),
    ),
  );
  for (const { picture, truth } of splitNames.flatMap((split) => predictions[split])) {
    const path = join(runDir, "prepared", picture);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, pictures[truth]!);
  }
  return runDir;
}
