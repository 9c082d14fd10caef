// Runs converted bytes in the real runtime, with and without XNNPACK, and the same model in TensorFlow.js.
import { strict as assert } from "node:assert";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../../../device/vision/engine.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";

await tf.setBackend("cpu");

export const plainEngine = openTfliteEngine({ threads: 1, delegate: "none" });
export const fastEngine = openTfliteEngine({ threads: 1, delegate: "auto" });
assert.equal(fastEngine.name, "xnnpack", "These tests need the XNNPACK plugin: run `npm run install`.");

export const engines: readonly Engine[] = [plainEngine, fastEngine];

/** The outputs of one inference, in the file's order. */
export function inferWith(engine: Engine, bytes: Uint8Array, inputs: readonly ArrayLike<number>[]): Float32Array[] {
  const model = engine.load(bytes);
  for (const [index, input] of inputs.entries()) model.inputs[index]!.data.set(input);
  model.infer();
  return model.outputs.map(({ data }) => Float32Array.from(data));
}

export function predict(model: LayersModel, inputs: readonly Float32Array[]): Float32Array[] {
  return tf.tidy(() => {
    const tensors = inputs.map((values, index) => {
      const [, ...sizes] = model.inputs[index]!.shape as [unknown, ...number[]];
      return tf.tensor(values, [1, ...sizes]);
    });
    const outputs = model.predict(tensors);
    return [outputs].flat().map((output) => Float32Array.from(output.dataSync()));
  });
}

/** The largest difference, relative to values above 1. */
export function largestDifference(expected: readonly Float32Array[], found: readonly Float32Array[]): number {
  assert.equal(found.length, expected.length);
  let largest = 0;
  for (const [index, values] of expected.entries()) {
    const other = found[index]!;
    assert.equal(other.length, values.length);
    for (const [i, value] of values.entries()) {
      const difference = Math.abs(value - other[i]!) / Math.max(1, Math.abs(value));
      // A value that is not a number differs from everything.
      largest = difference <= largest ? largest : Number.isNaN(difference) ? Infinity : difference;
    }
  }
  return largest;
}
