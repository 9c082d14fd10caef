// WebGPU, on whatever adapter there is, trains as the cpu backend does: gradients, steps and answers agree.
//
// A software adapter is enough: `node test/run.mjs webgpu/` finds the one that Debian's chromium brings. Without any
// adapter these tests fail; they never skip.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useTensorEngine } from "../../training/engines/tensor-engine.ts";
import { FineTuner } from "../../training/fine-tune/fine-tuner.ts";
import { useMemoryBackend } from "../../training/tensor-backend.ts";
import { randomValues } from "../training/convert/random-weights.ts";
import { examples, relativeDifference, sizePx, smallClassifier } from "../training/fine-tune/small-classifier.ts";

/** Of a gradient, relative to its largest value: sums of many products, in another order. */
const gradientDifferenceMax = 1e-4;
/** Of losses and scores, after three steps. */
const scoreDifferenceMax = 1e-4;
const steps = 3;
const cuts = ["block_15_add", "block_11_add", null] as const;

const onWebGpu = async <T>(work: () => Promise<T>): Promise<T> => {
  await useTensorEngine("webgpu");
  return work();
};
const onCpu = async <T>(work: () => Promise<T>): Promise<T> => {
  await useMemoryBackend();
  return work();
};

function tunerFor(cut: string | null): FineTuner {
  return new FineTuner({
    classifier: smallClassifier(),
    cut,
    learningRate: (name) => (/dense|predictions/.test(name) ? 1e-3 : 1e-4),
    labelSmoothing: 0.1,
    classWeights: [1, 2, 0.5],
  });
}

before(async () => {
  const { detail } = await useTensorEngine("webgpu");
  console.log(detail);
});
// Dawn keeps the process alive.
after(() => setImmediate(() => process.exit()));

for (const cut of cuts) {
  test(`gradients of all that follows ${cut ?? "the input"} agree`, async (t) => {
    const compute = async () => {
      const tuner = tunerFor(cut);
      return tuner.gradients(examples(tuner, 4));
    };
    const right = await onCpu(compute);
    const found = await onWebGpu(compute);
    assert.ok(right.gradients.size > 6);
    assert.ok(Math.abs(found.loss - right.loss) < 1e-4, `${found.loss} ${right.loss}`);
    let most = 0;
    for (const [name, gradient] of right.gradients) {
      assert.ok(
        gradient.some((value) => value !== 0),
        `${name} has no gradient`,
      );
      const difference = relativeDifference(found.gradients.get(name)!, gradient);
      assert.ok(difference < gradientDifferenceMax, `${name} differs by ${difference}`);
      most = Math.max(most, difference);
    }
    t.diagnostic(`largest difference ${most.toExponential(1)} of ${right.gradients.size} gradients`);
  });
}

test("steps lead to the same losses and scores", async (t) => {
  const train = async () => {
    const tuner = tunerFor("block_15_add");
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) losses.push(await tuner.step(examples(tuner, 6, step)));
    return { losses: Float32Array.from(losses), scores: await tuner.predict(examples(tuner, 6, 99).inputs) };
  };
  const right = await onCpu(train);
  const found = await onWebGpu(train);
  assert.ok(right.losses.at(-1) !== right.losses[0]);
  const difference = relativeDifference(found.scores, right.scores);
  t.diagnostic(`scores differ by ${difference.toExponential(1)}`);
  assert.ok(difference < scoreDifferenceMax, `${difference}`);
  assert.ok(relativeDifference(found.losses, right.losses) < scoreDifferenceMax);
});

test("a training that is saved on one engine goes on on the other", async () => {
  const state = await onWebGpu(async () => {
    const tuner = tunerFor("block_15_add");
    await tuner.step(examples(tuner, 6));
    return tuner.save();
  });
  await onCpu(async () => {
    const tuner = tunerFor("block_15_add");
    tuner.restore(state);
    const before = await tuner.predict(examples(tuner, 6).inputs);
    await tuner.step(examples(tuner, 6));
    assert.notDeepEqual(await tuner.predict(examples(tuner, 6).inputs), before);
    assert.equal(tuner.steps, 2);
  });
});

test("a whole network's answers agree", async () => {
  const predict = async () => {
    const classifier = smallClassifier();
    const x = tf.tensor(randomValues(sizePx * sizePx * 3, 1), [1, sizePx, sizePx, 3]);
    return (await (classifier.predict(x) as tf.Tensor).data()).slice() as Float32Array;
  };
  assert.ok(relativeDifference(await onWebGpu(predict), await onCpu(predict)) < 1e-4);
});
