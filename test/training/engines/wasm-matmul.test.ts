// Products of transposed matrices on the wasm backend are right in every combination, and leave nothing behind.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { registerWasmMatMul } from "../../../training/engines/wasm-matmul.ts";
import { useMemoryBackend, useWasmBackend } from "../../../training/tensor-backend.ts";
import { randomValues } from "../convert/random-weights.ts";
import { relativeDifference } from "../fine-tune/small-classifier.ts";

before(() => registerWasmMatMul());

function product(batch: readonly number[], transposeA: boolean, transposeB: boolean): Float32Array {
  const [rows, inner, columns] = [5, 70, 9];
  const matrix = (height: number, width: number, flipped: boolean, seed: number) => {
    const shape = [...batch, ...(flipped ? [width, height] : [height, width])];
    const count = shape.reduce((all, size) => all * size);
    return tf.tensor(randomValues(count, seed), shape);
  };
  return tf.tidy(() => {
    const a = matrix(rows, inner, transposeA, 1);
    const b = matrix(inner, columns, transposeB, 2);
    const result = tf.matMul(a, b, transposeA, transposeB);
    assert.deepEqual(result.shape, [...batch, rows, columns]);
    return Float32Array.from(result.dataSync());
  });
}

const held = () => ({ tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers });

for (const batch of [[], [3], [2, 3]]) {
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      test(`batch [${batch.join(", ")}], transposed: ${transposeA}, ${transposeB}`, async () => {
        await useMemoryBackend();
        const right = product(batch, transposeA, transposeB);
        await useWasmBackend();
        product(batch, transposeA, transposeB);
        const before = held();
        assert.ok(relativeDifference(product(batch, transposeA, transposeB), right) < 1e-5);
        assert.deepEqual(held(), before);
      });
    }
  }
}
