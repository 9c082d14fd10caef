// Whole backbones on photos: the converted file's answers are TensorFlow.js' to within 1e-5.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { buildInceptionResNetV2 } from "../../training/backbones/inception-resnet-v2.ts";
import { buildMobileNetV2 } from "../../training/backbones/mobilenet-v2.ts";
import { readSlimWeights, slimInput } from "../../training/backbones/npy-weights.ts";
import { setWeights } from "../../training/backbones/weights.ts";
import { convertLayersModel } from "../../training/convert/convert.ts";
import { useWasmBackend } from "../../training/tensor-backend.ts";
import { fillRandomly, randomValues } from "../training/convert/random-weights.ts";
import { readInput, sharedPath, sharedPhotos, squareInput } from "./pictures.ts";

const differenceMax = 1e-5;
/** Of features, which no softmax keeps below 1, relative to values above 1. */
const featureDifferenceMax = 1e-4;
/** TensorFlow.js takes seconds for each picture of the larger network. */
const inceptionPictures = Number(process.env["FACELATCH_INCEPTION_PICTURES"] ?? 4);

await useWasmBackend();
const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
assert.equal(engine.name, "xnnpack");

/** The backbone, pooled, and a softmax of three classes; the kernel is small enough that no class wins outright. */
function withHead(backbone: layers.LayersModel, kernelMax: number): layers.LayersModel {
  const pooled = layers.layers.globalAveragePooling2d({}).apply(backbone.outputs[0]!) as layers.SymbolicTensor;
  const width = pooled.shape[1]!;
  const dense = layers.layers.dense({ units: 3, activation: "softmax" });
  const scores = dense.apply(pooled) as layers.SymbolicTensor;
  const kernel = randomValues(width * 3, 4).map((value) => value * kernelMax);
  dense.setWeights([tf.tensor(kernel, [width, 3]), tf.zeros([3])]);
  return layers.model({ inputs: backbone.inputs, outputs: [scores, pooled] });
}

interface Parity {
  /** Of the scores. */
  readonly scores: number;
  /** Of the pooled features, relative to values above 1. */
  readonly features: number;
  readonly featuresMax: number;
}

async function compare(
  model: layers.LayersModel,
  bytes: Uint8Array,
  sizePx: number,
  pictures: number,
): Promise<Parity> {
  const loaded = engine.load(bytes);
  const largest = { scores: 0, features: 0, featuresMax: 0 };
  for (const photo of await sharedPhotos(pictures)) {
    const values = await readInput(photo, squareInput(sizePx, slimInput.mean, slimInput.scale));
    loaded.inputs[0]!.data.set(values);
    loaded.infer();
    const expected = tf.tidy(() =>
      (model.predict(tf.tensor(values, [1, sizePx, sizePx, 3])) as tf.Tensor[]).map((output) => output.dataSync()),
    );
    for (const [output, name] of (["scores", "features"] as const).entries()) {
      for (const [i, value] of expected[output]!.entries()) {
        const difference = Math.abs(value - Number(loaded.outputs[output]!.data[i])) / Math.max(1, Math.abs(value));
        assert.ok(Number.isFinite(difference));
        largest[name] = Math.max(largest[name], difference);
        if (name === "features") largest.featuresMax = Math.max(largest.featuresMax, Math.abs(value));
      }
    }
  }
  return largest;
}

function assertParity(parity: Parity): string {
  assert.ok(parity.scores <= differenceMax, `scores differ by ${parity.scores}`);
  assert.ok(parity.features <= featureDifferenceMax, `features differ by ${parity.features}`);
  return `scores differ by ${parity.scores.toExponential(1)}, features by ${parity.features.toExponential(1)} (largest ${parity.featuresMax.toFixed(1)})`;
}

test("MobileNetV2 1.0 at 240 pixels with ImageNet weights agrees on 200 photos", async (t) => {
  const backbone = buildMobileNetV2({ sizePx: 240, alpha: 1 });
  setWeights(backbone, await readSlimWeights(sharedPath("weights", "mobilenet_v2_imagenet_npy")));
  const model = withHead(backbone, 0.1);
  const { bytes } = convertLayersModel(model);
  t.diagnostic(assertParity(await compare(model, bytes, 240, 200)));
});

test(`InceptionResNetV2 with seeded weights agrees on ${inceptionPictures} photos`, async (t) => {
  const backbone = buildInceptionResNetV2({ sizePx: 299 });
  fillRandomly(backbone, 3);
  const model = withHead(backbone, 0.003);
  const startMs = performance.now();
  const { bytes } = convertLayersModel(model);
  const durationMs = performance.now() - startMs;
  assert.ok(durationMs < 20_000, `${durationMs} ms`);
  t.diagnostic(`converted in ${durationMs.toFixed(0)} ms, ${bytes.byteLength} bytes`);
  t.diagnostic(assertParity(await compare(model, bytes, 299, inceptionPictures)));
});
