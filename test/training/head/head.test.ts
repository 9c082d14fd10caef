// The head's training: it learns, stops early with the best weights, and goes on from any checkpoint to the same weights.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { FeatureSet } from "../../../training/features/features.ts";
import { type HeadOptions, predictScores, trainHead } from "../../../training/head/head.ts";
import { accuracyOf, confusionOf } from "../../../training/metrics.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { useWasmBackend } from "../../../training/tensor-backend.ts";
import { silentProgress } from "../silent-progress.ts";

const classes = 3;
const width = 24;
let folder = "";

before(async () => {
  await useWasmBackend();
  folder = await mkdtemp(join(tmpdir(), "facelatch-head-"));
});

after(() => rm(folder, { recursive: true, force: true }));

/** Rows around one centre for each class; `noise` decides how far they overlap. */
function madeUp(rows: number, seed: number, noise = 1): FeatureSet {
  const random = seededRandom(seed);
  const centres = seededRandom(99);
  const means = Array.from({ length: classes * width }, () => centres.next());
  const truths = Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? 0 : 1 + (row % 2)));
  const values = Float32Array.from(
    { length: rows * width },
    (_, i) => means[truths[Math.floor(i / width)]! * width + (i % width)]! + noise * (random.next() - 0.5),
  );
  return {
    ...{ width, truths },
    pictures: truths.map((_, row) => `${seed}-${row}.jpg`),
    keys: truths.map((_, row) => `${seed} ${row} ${noise}`),
    read: (wanted, into) => {
      wanted.forEach((row, i) => {
        into.set(values.subarray(row * width, (row + 1) * width), i * width);
      });
    },
  };
}

const options: HeadOptions = {
  ...{ classes, hidden: 16, batchSize: 16, learningRate: 3e-3, weightDecay: 0.01, dropout: 0.3 },
  ...{ labelSmoothing: 0.05, classWeights: "balanced", patience: 20, seed: 5, epochsMax: 12 },
  ...{ checkpointPath: null, progress: silentProgress() },
};

const weightsOf = (model: LayersModel) => model.getWeights().map((weight) => Array.from(weight.dataSync()));

test("it learns what can be told apart, with a layer of its own and without", async () => {
  const test = madeUp(150, 3);
  for (const hidden of [16, 0]) {
    const { model, history } = await trainHead(madeUp(300, 1), madeUp(90, 2), { ...options, hidden, epochsMax: 30 });
    const { value } = accuracyOf(confusionOf(predictScores(model, test, classes), classes));
    assert.ok(value > 0.95, `${hidden} units: ${value}`);
    assert.ok(history.at(-1)!.trainLoss < history[0]!.trainLoss);
  }
});

test("interrupted after any epoch, it ends with the same weights and history", async () => {
  const sets = [madeUp(120, 1, 2), madeUp(60, 2, 2)] as const;
  const expected = await trainHead(...sets, options);
  for (const epochs of [1, 5, 11]) {
    const checkpointPath = join(folder, `after-${epochs}.bin`);
    await trainHead(...sets, { ...options, checkpointPath, epochsMax: epochs });
    const resumed = await trainHead(...sets, { ...options, checkpointPath });
    assert.equal(resumed.resumedAt, epochs);
    assert.deepEqual(resumed.history, expected.history);
    assert.deepEqual(weightsOf(resumed.model), weightsOf(expected.model));
  }
});

test("a checkpoint of other data, of another recipe, or damaged, is not used", async () => {
  const sets = [madeUp(60, 1), madeUp(30, 2)] as const;
  const checkpointPath = join(folder, "other.bin");
  const kept = { ...options, checkpointPath, epochsMax: 2 };
  await trainHead(...sets, kept);
  const bytes = await readFile(checkpointPath);
  for (const changed of [
    () => trainHead(madeUp(60, 4), sets[1], kept),
    () => trainHead(...sets, { ...kept, learningRate: 1e-3 }),
    async () => {
      bytes[bytes.length - 40]! ^= 1;
      await writeFile(checkpointPath, bytes);
      return trainHead(...sets, kept);
    },
  ]) {
    await writeFile(checkpointPath, bytes);
    assert.equal((await changed()).resumedAt, 0);
  }
});

test("it stops when patience is at its end, and has the weights of the best epoch", async () => {
  const [train, validation] = [madeUp(120, 1, 6), madeUp(60, 2, 6)];
  const { model, history, bestEpoch } = await trainHead(train, validation, { ...options, patience: 3, epochsMax: 100 });
  const accuracies = history.map(({ validationAccuracy }) => validationAccuracy);
  const best = Math.max(...accuracies);
  assert.ok(history.length < 100);
  assert.equal(history.length - 1 - accuracies.indexOf(best), 3, "three epochs without a better one");
  assert.equal(accuracies[bestEpoch], best);
  const { value } = accuracyOf(confusionOf(predictScores(model, validation, classes), classes));
  assert.equal(value, best);
});

test("balanced classes: a rare class is found more often than without weights", async () => {
  const [train, validation] = [madeUp(400, 1, 5), madeUp(300, 2, 5)];
  const recall = async (classWeights: HeadOptions["classWeights"]) => {
    const { model } = await trainHead(train, validation, { ...options, classWeights, epochsMax: 20 });
    const own = predictScores(model, validation, classes).filter(({ truth }) => truth === 0);
    return own.filter(({ scores }) => scores[0]! > scores[1]! && scores[0]! > scores[2]!).length / own.length;
  };
  const [balanced, none] = [await recall("balanced"), await recall("none")];
  assert.ok(balanced > none, `${balanced} and ${none}`);
});

test("smoothed labels keep scores from the extremes", async () => {
  const [train, validation] = [madeUp(200, 1, 0.2), madeUp(60, 2, 0.2)];
  const highest = async (labelSmoothing: number) => {
    const smoothed = { ...options, labelSmoothing, dropout: 0, epochsMax: 60, patience: 60 };
    const { model } = await trainHead(train, validation, smoothed);
    return Math.max(...predictScores(model, validation, classes).flatMap(({ scores }) => scores));
  };
  const [smooth, hard] = [await highest(0.2), await highest(0)];
  assert.ok(smooth < hard && smooth < 0.99, `${smooth} and ${hard}`);
});

test("a loss that is no number ends the training with an error, and nothing is kept of it", async () => {
  const train = madeUp(30, 1);
  const broken: FeatureSet = { ...train, read: (_, into) => void into.fill(Number.NaN) };
  const checkpointPath = join(folder, "broken.bin");
  await assert.rejects(trainHead(broken, train, { ...options, checkpointPath }), { code: "TRAINING_FAILED" });
  await assert.rejects(readFile(checkpointPath), { code: "ENOENT" });
});

test("no tensors are left behind", async () => {
  const sets = [madeUp(60, 1), madeUp(30, 2)] as const;
  const before = tf.memory().numTensors;
  const { model } = await trainHead(...sets, { ...options, epochsMax: 3 });
  predictScores(model, sets[1], classes);
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
});
