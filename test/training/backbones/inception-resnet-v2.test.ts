// InceptionResNetV2 is Keras' network: its parameters, its layers' names and numbers, and its output's size.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { buildInceptionResNetV2 } from "../../../training/backbones/inception-resnet-v2.ts";

await tf.setBackend("cpu");

test("it has Keras' parameters, names and output", () => {
  const model = buildInceptionResNetV2({ sizePx: 299 });
  assert.equal(model.countParams(), 54_336_736);
  assert.deepEqual(model.outputs[0]!.shape, [null, 8, 8, 1536]);
  const names = model.layers.map(({ name }) => name);
  const count = (pattern: RegExp) => names.filter((name) => pattern.test(name)).length;
  assert.equal(count(/^conv2d_\d+$/), 203);
  assert.equal(count(/^batch_normalization_\d+$/), 203);
  for (const name of [
    "mixed_5b",
    "block35_10_conv",
    "mixed_6a",
    "block17_20_mixed",
    "mixed_7a",
    "block8_10",
    "conv_7b_bn",
  ])
    assert.ok(names.includes(name), name);
  assert.equal(model.getLayer("conv2d_203").outputShape?.toString(), ",8,8,256");
  assert.deepEqual(
    model.getLayer("batch_normalization_1").weights.map(({ originalName }) => originalName.split("/").at(-1)),
    ["beta", "moving_mean", "moving_variance"],
  );
  model.dispose();
});

test("it fits pictures of 75 pixels", () => {
  const model = buildInceptionResNetV2({ sizePx: 75 });
  assert.deepEqual(model.outputs[0]!.shape, [null, 1, 1, 1536]);
  model.dispose();
});
