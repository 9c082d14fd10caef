// Fine-tuning of a run: never worse on validation than what it began with, and the same weights after an interruption.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { SplitName } from "../../../training/dataset/classes.ts";
import { chooseEngines } from "../../../training/engines/find-engines.ts";
import type { FeatureSet } from "../../../training/features/features.ts";
import { type TuneOptions, tuneClassifier } from "../../../training/fine-tune/tune-classifier.ts";
import { predictScores } from "../../../training/head/head.ts";
import { accuracyOf, confusionOf } from "../../../training/metrics.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { useWasmBackend } from "../../../training/tensor-backend.ts";
import { silentProgress } from "../silent-progress.ts";
import { classes, smallClassifier } from "./small-classifier.ts";

const variants = 2;
const wasm = { engine: "wasm", available: true, hardware: "cpu", detail: "wasm", warning: null } as const;
let folder = "";
let classifier: LayersModel;

before(async () => {
  await useWasmBackend();
  folder = await mkdtemp(join(tmpdir(), "facelatch-tune-"));
  classifier = smallClassifier();
});

after(() => rm(folder, { recursive: true, force: true }));

/** Maps told apart by their level; of each training picture there are two variants. */
function madeUp(width: number, pictures: number, each: number, seed: number): FeatureSet {
  const random = seededRandom(seed);
  const truths = Array.from({ length: pictures * each }, (_, row) => Math.floor(row / each) % classes);
  const rows = truths.map((truth) => Float32Array.from({ length: width }, () => truth - 1 + random.next() - 0.5));
  return {
    ...{ width, truths },
    pictures: truths.map((_, row) => `${seed}/${Math.floor(row / each)}.jpg`),
    keys: truths.map((_, row) => `${seed} ${row}`),
    read: (wanted, into) => {
      for (const [i, row] of wanted.entries()) into.set(rows[row]!, i * width);
    },
  };
}

async function featuresOf(frozen: LayersModel): Promise<Record<SplitName, FeatureSet>> {
  const width = frozen.outputs[0]!.shape.slice(1).reduce<number>((product, size) => product * size!, 1);
  return {
    train: madeUp(width, 18, variants, 1),
    validation: madeUp(width, 9, 1, 2),
    test: madeUp(width, 9, 1, 3),
  };
}

const optionsOf = (name: string): TuneOptions => ({
  ...{ classifier, featuresOf, engines: chooseEngines("wasm", [wasm]), classes },
  ...{ cut: "block_12_add", learningRate: 1e-3, epochsMax: 4, patience: 4, batchSize: 6 },
  ...{ labelSmoothing: 0.05, classWeights: "balanced", seed: 1 },
  checkpointPath: join(folder, `${name}.bin`),
  progress: silentProgress(),
});

const weightsOf = (model: LayersModel) => model.getWeights().map((weight) => Array.from(weight.dataSync()));
const accuracy = (model: LayersModel, set: FeatureSet) =>
  accuracyOf(confusionOf(predictScores(model, set, classes), classes)).value;

test("it learns, and gives the weights of the epoch with the best validation", async () => {
  const { tuner, features, history, bestEpoch } = await tuneClassifier(optionsOf("whole"));
  assert.deepEqual(
    history.map(({ epoch }) => epoch),
    [1, 2, 3, 4],
  );
  assert.ok(history.at(-1)!.trainLoss < history[0]!.trainLoss);
  assert.ok(bestEpoch >= 0);
  assert.equal(accuracy(tuner.trained, features.validation), history[bestEpoch]!.validationAccuracy);
  tuner.dispose();
});

test("interrupted after an epoch, it ends with the same weights", async () => {
  const expected = await tuneClassifier(optionsOf("whole"));
  await tuneClassifier({ ...optionsOf("cut"), epochsMax: 2 });
  const resumed = await tuneClassifier(optionsOf("cut"));
  assert.deepEqual(resumed.history, expected.history);
  assert.deepEqual(weightsOf(resumed.tuner.trained), weightsOf(expected.tuner.trained));
});

test("where every epoch is worse, the network stays as it came", async () => {
  const { tuner, features, bestEpoch } = await tuneClassifier({ ...optionsOf("wild"), learningRate: 1, patience: 1 });
  const before = await tuneClassifier({ ...optionsOf("still"), learningRate: 1e-12, epochsMax: 1 });
  assert.equal(bestEpoch, -1);
  assert.equal(accuracy(tuner.trained, features.validation), accuracy(before.tuner.trained, features.validation));
});
