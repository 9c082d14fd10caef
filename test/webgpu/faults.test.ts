// What WebGPU could not compute is an error, not zeros.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useTensorEngine } from "../../training/engines/tensor-engine.ts";
import { throwOnDeviceFault } from "../../training/engines/webgpu.ts";
import { FineTuner } from "../../training/fine-tune/fine-tuner.ts";
import { examples, smallClassifier } from "../training/fine-tune/small-classifier.ts";

// Dawn keeps the process alive.
after(() => setImmediate(() => process.exit()));

test("a kernel that asks for more than the device has ends the training", async () => {
  await useTensorEngine("webgpu");
  const tuner = new FineTuner({ classifier: smallClassifier(), cut: "block_16_project_BN", learningRate: () => 1e-3 });
  await tuner.step(examples(tuner, 3));
  throwOnDeviceFault();
  // TensorFlow.js binds every term of this sum, and a device need not have more than 8 bindings.
  const limit = 64;
  const sum = tf.addN(Array.from({ length: limit }, (_, i) => tf.tensor1d([i, 1])));
  const [first] = await sum.data();
  assert.notEqual(first, (limit * (limit - 1)) / 2, "the sum was computed: the test shows nothing any more");
  assert.throws(throwOnDeviceFault, { code: "TRAINING_FAILED", message: /storage buffers|Invalid/ });
  await assert.rejects(tuner.step(examples(tuner, 3)), { code: "TRAINING_FAILED" });
});
