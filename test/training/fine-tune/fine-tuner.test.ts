// Fine-tuning lowers the loss, freezes what it should, resumes to the last bit, and ends in a network that converts.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { convertLayersModel } from "../../../training/convert/convert.ts";
import { useTensorEngine } from "../../../training/engines/tensor-engine.ts";
import { FineTuner } from "../../../training/fine-tune/fine-tuner.ts";
import { randomValues } from "../convert/random-weights.ts";
import { fastEngine, inferWith } from "../convert/runtimes.ts";
import { classes, examples, relativeDifference, sizePx, smallClassifier } from "./small-classifier.ts";

before(() => useTensorEngine("wasm"));

const cut = "block_15_add";
const tune = (classifier: LayersModel, options: Partial<ConstructorParameters<typeof FineTuner>[0]> = {}) =>
  new FineTuner({ classifier, cut, learningRate: () => 1e-3, ...options });

function predict(model: LayersModel, values: Float32Array): Float32Array {
  return tf.tidy(() =>
    (model.predict(tf.tensor(values, [1, sizePx, sizePx, 3])) as tf.Tensor).dataSync(),
  ) as Float32Array;
}

test("frozen beginning and trained end are the classifier, before and after", async () => {
  const classifier = smallClassifier();
  const picture = randomValues(sizePx * sizePx * 3, 1);
  const tuner = tune(classifier);
  const row = predict(tuner.frozen!, picture);
  assert.equal(row.length, tuner.inputValues);
  assert.ok(relativeDifference(await tuner.predict(row), predict(classifier, picture)) < 1e-4);
  await tuner.step(examples(tuner, 6));
  const joined = tuner.join();
  const expected = await tuner.predict(row);
  assert.ok(relativeDifference(predict(joined, picture), expected) < 1e-5);
  assert.notDeepEqual(expected, predict(classifier, picture));
  const { bytes } = convertLayersModel(joined);
  assert.ok(relativeDifference(inferWith(fastEngine, bytes, [picture])[0]!, expected) < 1e-3);
});

test("steps lower the loss until the examples are told apart", async () => {
  const tuner = tune(smallClassifier());
  const batch = examples(tuner, 12);
  const losses: number[] = [];
  for (let step = 0; step < 15; step++) losses.push(await tuner.step(batch));
  assert.ok(losses.at(-1)! < losses[0]! / 3, losses.join(" "));
  const scores = await tuner.predict(batch.inputs);
  const right = batch.truths.filter((truth, i) => {
    const row = [...scores.subarray(i * classes, (i + 1) * classes)];
    return row.indexOf(Math.max(...row)) === truth;
  });
  assert.equal(right.length, 12);
});

test("a layer with the rate 0 does not move, all others do", async () => {
  const isFrozen = (name: string) => /^block_16_(expand|depthwise)/.test(name);
  const tuner = tune(smallClassifier(), { learningRate: (name) => (isFrozen(name) ? 0 : 1e-3) });
  const values = () =>
    new Map(tuner.trained.weights.map((weight) => [weight.originalName, Float32Array.from(weight.read().dataSync())]));
  const start = values();
  await tuner.step(examples(tuner, 6));
  for (const [name, after] of values()) {
    assert.equal(relativeDifference(after, start.get(name)!) === 0, isFrozen(name), name);
  }
});

test("without a cut the whole network is trained, from pictures", async () => {
  const tuner = tune(smallClassifier(), { cut: null, learningRate: () => 1e-4 });
  assert.equal(tuner.frozen, null);
  assert.equal(tuner.inputValues, sizePx * sizePx * 3);
  const batch = examples(tuner, 3);
  const first = await tuner.step(batch);
  for (let step = 0; step < 4; step++) await tuner.step(batch);
  assert.ok((await tuner.step(batch)) < first);
});

test("saved and restored elsewhere, it goes on to the same weights, bit by bit", async () => {
  const whole = tune(smallClassifier());
  const batches = [1, 2, 3, 4, 5].map((seed) => examples(whole, 6, seed));
  for (const batch of batches) await whole.step(batch);
  const first = tune(smallClassifier());
  for (const batch of batches.slice(0, 2)) await first.step(batch);
  const state = structuredClone(await first.save());
  await first.step(batches[4]!);
  // With steps of its own behind it: all that counts is in the state.
  const second = tune(smallClassifier());
  await second.step(batches[3]!);
  second.restore(state);
  for (const batch of batches.slice(2)) await second.step(batch);
  assert.equal(second.steps, 5);
  assert.deepEqual(await second.save(), await whole.save());
});

test("a state of another network is refused, and nothing changed", async () => {
  const tuner = tune(smallClassifier());
  const before = await tuner.save();
  const other = tune(smallClassifier(), { cut: "block_16_project_BN" });
  assert.throws(() => tuner.restore({ steps: 1, parameters: {} }), /no values/);
  const { steps, parameters } = await other.save();
  assert.throws(() => tuner.restore({ steps, parameters }), /the state has no values of block_16/);
  assert.deepEqual(await tuner.save(), before);
});

test("smoothed labels and class weights change the loss as they should", async () => {
  const classifier = smallClassifier();
  const plain = tune(classifier);
  const batch = { ...examples(plain, 1), truths: [2] };
  const scores = await plain.predict(batch.inputs);
  const near = (found: number, expected: number) =>
    assert.ok(Math.abs(found - expected) < 1e-4, `${found} ${expected}`);
  near(await plain.step(batch), -Math.log(scores[2]!));
  near(await tune(classifier, { classWeights: [1, 1, 0.5] }).step(batch), -0.5 * Math.log(scores[2]!));
  const smoothed = -[0.1, 0.1, 0.8].reduce((sum, label, i) => sum + label * Math.log(scores[i]!), 0);
  near(await tune(classifier, { labelSmoothing: 0.3 }).step(batch), smoothed);
});

test("a loss that is no number ends the training, and moves nothing", async () => {
  const tuner = tune(smallClassifier());
  const batch = examples(tuner, 3);
  await tuner.step(batch, 1e38);
  const before = await tuner.save();
  await assert.rejects(tuner.step(batch), { code: "TRAINING_FAILED" });
  assert.deepEqual(await tuner.save(), before);
});

test("steps leave no tensors behind", async () => {
  const tuner = tune(smallClassifier());
  await tuner.step(examples(tuner, 3));
  const { numTensors } = tf.memory();
  await tuner.step(examples(tuner, 3));
  assert.equal(tf.memory().numTensors, numTensors);
});
