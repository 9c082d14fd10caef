// Conversion of a saved model, and the comparison of both on random inputs by the real runtimes.
import { writeFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { openTfliteEngine } from "../device/vision/tflite-engine.ts";
import { convertLayersModel } from "./convert/convert.ts";
import { readLayersModel } from "./layers-model-file.ts";
import { indexOfMax } from "./metrics.ts";
import { seededRandom } from "./seeded-random.ts";
import { useWasmBackend } from "./tensor-backend.ts";

export interface FileConversion {
  readonly bytes: number;
  /** Over random inputs, between TensorFlow.js and the .tflite. */
  readonly maxAbsDiff: number;
  /** Share of those inputs for which both have the same highest output. */
  readonly agreement: number;
  readonly durationMs: number;
  readonly peakRssBytes: number;
  readonly chosen: "float32";
}

const comparedInputs = 8;

/** Throws INPUT_INVALID, CONVERT_UNSUPPORTED (nothing is written then) or MODEL_INVALID. */
export async function convertFile(modelPath: string, outPath: string): Promise<FileConversion> {
  await useWasmBackend();
  const model = await readLayersModel(modelPath);
  const startMs = performance.now();
  const { bytes } = convertLayersModel(model, { description: model.name });
  const durationMs = performance.now() - startMs;
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const { maxAbsDiff, agreement } = compare(model, bytes);
  await writeFile(outPath, bytes);
  return { bytes: bytes.byteLength, maxAbsDiff, agreement, durationMs, peakRssBytes, chosen: "float32" };
}

function compare(model: LayersModel, bytes: Uint8Array): { maxAbsDiff: number; agreement: number } {
  const converted = openTfliteEngine({ threads: 1, delegate: "auto" }).load(bytes);
  const random = seededRandom(1);
  const shape = model.inputs[0]!.shape.map((size) => size ?? 1);
  let maxAbsDiff = 0;
  let same = 0;
  for (let i = 0; i < comparedInputs; i++) {
    const values = Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      () => 2 * random.next() - 1,
    );
    converted.inputs[0]!.data.set(values);
    converted.infer();
    const found = converted.outputs[0]!.data;
    const expected = tf.tidy(() => (model.predict(tf.tensor(values, shape)) as tf.Tensor).dataSync());
    for (let j = 0; j < expected.length; j++)
      maxAbsDiff = Math.max(maxAbsDiff, Math.abs(expected[j]! - Number(found[j])));
    if (indexOfMax(expected) === indexOfMax(found as Float32Array)) same++;
  }
  return { maxAbsDiff, agreement: same / comparedInputs };
}
