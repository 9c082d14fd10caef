// Folded, cut and joined, a network computes what it did, and training finds no norms in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { architectures } from "../../../training/backbones/architectures.ts";
import { buildInceptionResNetV2 } from "../../../training/backbones/inception-resnet-v2.ts";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import { copyNetwork } from "../../../training/fine-tune/copy-network.ts";
import { foldNorms } from "../../../training/fine-tune/fold-norms.ts";
import { useWasmBackend } from "../../../training/tensor-backend.ts";
import { fillRandomly, randomInputs } from "../convert/random-weights.ts";
import { relativeDifference } from "./small-classifier.ts";

await useWasmBackend();

function predict(model: layers.LayersModel, values: Float32Array, training = false): Float32Array {
  return tf.tidy(() => {
    const x = tf.tensor(values, [1, ...(model.inputs[0]!.shape.slice(1) as number[])]);
    return (model.apply(x, { training }) as tf.Tensor).dataSync() as Float32Array;
  });
}

const networks = {
  MobileNetV2: () => buildMobileNetV2({ sizePx: 64, alpha: 0.5 }),
  InceptionResNetV2: () => buildInceptionResNetV2({ sizePx: 75 }),
};

for (const [name, build] of Object.entries(networks)) {
  test(`${name} folded computes the same, in training too`, () => {
    const model = build();
    fillRandomly(model, 3);
    const [values] = randomInputs(model, 4);
    const expected = predict(model, values!);
    const folded = foldNorms(model);
    assert.equal(folded.layers.filter((layer) => layer.getClassName() === "BatchNormalization").length, 0);
    for (const training of [false, true]) {
      const difference = relativeDifference(predict(folded, values!, training), expected);
      assert.ok(difference < 1e-4, `${difference}`);
    }
    model.dispose();
    folded.dispose();
  });
}

test("norms without a convolution before them stay, as do those whose convolution is used elsewhere", () => {
  const input = layers.input({ shape: [4, 4, 2] });
  const first = layers.layers.batchNormalization({}).apply(input) as layers.SymbolicTensor;
  const shared = layers.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(first) as layers.SymbolicTensor;
  const second = layers.layers.batchNormalization({}).apply(shared) as layers.SymbolicTensor;
  const sum = layers.layers.add({}).apply([second, shared]) as layers.SymbolicTensor;
  const active = layers.layers.conv2d({ filters: 2, kernelSize: 1, activation: "relu" }).apply(sum);
  const third = layers.layers.batchNormalization({}).apply(active) as layers.SymbolicTensor;
  const biased = layers.layers.conv2d({ filters: 3, kernelSize: 2 }).apply(third);
  const fourth = layers.layers.batchNormalization({ center: false }).apply(biased) as layers.SymbolicTensor;
  const model = layers.model({ inputs: input, outputs: fourth });
  fillRandomly(model, 5);
  const folded = foldNorms(model);
  assert.equal(folded.layers.length, model.layers.length - 1);
  const [values] = randomInputs(model, 6);
  assert.ok(relativeDifference(predict(folded, values!), predict(model, values!)) < 1e-5);
});

test("cut at any of its cut points and joined again, a network is whole", () => {
  const model = buildMobileNetV2({ sizePx: 64, alpha: 0.35 });
  fillRandomly(model, 7);
  const [values] = randomInputs(model, 8);
  const expected = predict(model, values!);
  for (const cut of architectures["mobilenet-v2"].cutPoints(model)) {
    const beginning = copyNetwork(model, { to: cut });
    const end = copyNetwork(model, { from: cut });
    assert.deepEqual(predict(end, predict(beginning, values!)), expected, cut);
    const joined = copyNetwork(end, { onto: copyNetwork(model, { to: cut }).outputs[0]! });
    assert.equal(joined.countParams(), model.countParams());
    assert.deepEqual(predict(joined, values!), expected, cut);
  }
});

test("a copy has weights of its own", () => {
  const model = buildMobileNetV2({ sizePx: 32, alpha: 0.35 });
  fillRandomly(model, 9);
  const [values] = randomInputs(model, 10);
  const before = predict(model, values!);
  const copy = copyNetwork(model);
  fillRandomly(copy, 11);
  assert.notDeepEqual(predict(copy, values!), before);
  assert.deepEqual(predict(model, values!), before);
});

test("a place with a shortcut around it is no cut", () => {
  const model = buildMobileNetV2({ sizePx: 32, alpha: 0.35 });
  assert.throws(() => copyNetwork(model, { from: "block_2_expand" }), /more than one tensor/);
});
