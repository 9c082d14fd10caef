// The composed gradients of the wasm backend are the cpu backend's, for every kind of convolution that our networks have.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { registerWasmGradients } from "../../../training/engines/wasm-gradients.ts";
import { useMemoryBackend, useWasmBackend } from "../../../training/tensor-backend.ts";
import { randomValues } from "../convert/random-weights.ts";
import { relativeDifference } from "../fine-tune/small-classifier.ts";

interface Case {
  readonly height: number;
  readonly width: number;
  readonly filter: readonly [number, number];
  readonly strides: number;
  readonly pad: "same" | "valid";
}

const cases: readonly Case[] = [
  { height: 7, width: 6, filter: [3, 3], strides: 1, pad: "same" },
  { height: 8, width: 7, filter: [3, 3], strides: 2, pad: "same" },
  { height: 9, width: 8, filter: [3, 3], strides: 2, pad: "valid" },
  { height: 8, width: 5, filter: [1, 1], strides: 1, pad: "same" },
  { height: 6, width: 9, filter: [1, 7], strides: 1, pad: "same" },
  { height: 9, width: 6, filter: [7, 1], strides: 1, pad: "same" },
  { height: 6, width: 6, filter: [5, 5], strides: 1, pad: "valid" },
  { height: 8, width: 8, filter: [1, 1], strides: 2, pad: "same" },
];

function tensor(shape: readonly number[], seed: number): tf.Tensor4D {
  const count = shape.reduce((product, size) => product * size);
  return tf.tensor(randomValues(count, seed), shape as [number, number, number, number]);
}

type Convolve = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor;

/** Gradients of a weighted sum of the output, with respect to input and filter. */
function gradientsOf(convolve: Convolve, x: tf.Tensor4D, filter: tf.Tensor4D): Float32Array[] {
  return tf.tidy(() => {
    const weigh = (x: tf.Tensor, filter: tf.Tensor) => {
      const y = convolve(x as tf.Tensor4D, filter as tf.Tensor4D);
      return tf.sum(tf.mul(y, tensor(y.shape, 3))) as tf.Scalar;
    };
    return tf
      .grads(weigh)([x, filter])
      .map((gradient) => Float32Array.from(gradient.dataSync()));
  });
}

const kinds: Readonly<Record<string, (given: Case) => Convolve>> = {
  convolution:
    ({ strides, pad }) =>
    (x, filter) =>
      tf.conv2d(x, filter, strides, pad),
  depthwise:
    ({ strides, pad }) =>
    (x, filter) =>
      tf.depthwiseConv2d(x, filter, strides, pad),
};

before(() => registerWasmGradients());

for (const [kind, convolveOf] of Object.entries(kinds)) {
  for (const given of cases) {
    const { height, width, filter, strides, pad } = given;
    test(`${kind} ${filter.join("x")} of ${height}x${width}, strides ${strides}, ${pad}`, async () => {
      const compute = () => {
        const x = tensor([2, height, width, 4], 1);
        const kernel = tensor([filter[0], filter[1], 4, kind === "depthwise" ? 1 : 5], 2);
        return gradientsOf(convolveOf(given), x, kernel);
      };
      await useMemoryBackend();
      const right = compute();
      await useWasmBackend();
      const found = compute();
      for (const [i, gradient] of found.entries()) {
        assert.equal(gradient.length, right[i]!.length);
        const difference = relativeDifference(gradient, right[i]!);
        assert.ok(difference < 1e-5, `gradient ${i} differs by ${difference}`);
      }
    });
  }
}
