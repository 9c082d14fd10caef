// Features come from several processes as they would from one, and whatever goes wrong ends in one clear error.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { fillClassifierInput } from "../../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../../device/bundle/manifest.ts";
import { siblingModule } from "../../../device/installation/installation.ts";
import { decodeJpeg } from "../../../device/vision/decode-jpeg.ts";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import { encodeJpeg } from "../../../training/dataset/photo.ts";
import type { EngineName } from "../../../training/engines/engine.ts";
import { type ExtractorOptions, extractFeatures, openExtractor } from "../../../training/engines/extractor.ts";
import type { PictureTask } from "../../../training/engines/preparer.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { useMemoryBackend } from "../../../training/tensor-backend.ts";
import { fillRandomly } from "../convert/random-weights.ts";

const sizePx = 64;
const pictures = 23;
/** Of features from 0 to 6, summed in another order by each engine. */
const differenceMax = 1e-3;
const input: ModelInput = {
  shape: [1, sizePx, sizePx, 3],
  layout: "NHWC",
  dtype: "float32",
  colour: "RGB",
  resizeKernel: "triangle",
  mean: 127.5,
  scale: 127.5,
};

let folder = "";
let model: layers.LayersModel;
let tasks: PictureTask[] = [];
let expected = new Float32Array();

function randomImage(seed: number): RgbImage {
  const random = seededRandom(seed);
  return {
    data: Uint8Array.from({ length: sizePx * sizePx * 3 }, () => random.below(256)),
    widthPx: sizePx,
    heightPx: sizePx,
  };
}

before(async () => {
  await useMemoryBackend();
  folder = await mkdtemp(join(tmpdir(), "facelatch-extract-"));
  const network = buildMobileNetV2({ sizePx, alpha: 0.35 });
  fillRandomly(network, 3);
  const pooled = layers.layers.globalAveragePooling2d({}).apply(network.outputs[0]!) as layers.SymbolicTensor;
  model = layers.model({ inputs: network.inputs, outputs: pooled });
  tasks = Array.from({ length: pictures }, (_, i) => ({ path: join(folder, `${i}.jpg`) }));
  expected = new Float32Array(pictures * 1280);
  for (const [i, { path }] of tasks.entries()) {
    const jpeg = await encodeJpeg(randomImage(i));
    await writeFile(path, jpeg);
    const tensor = new Float32Array(sizePx * sizePx * 3);
    fillClassifierInput(
      await decodeJpeg(jpeg),
      { leftPx: 0, topPx: 0, widthPx: sizePx, heightPx: sizePx },
      input,
      tensor,
    );
    expected.set(
      tf.tidy(() => (model.predict(tf.tensor(tensor, [1, sizePx, sizePx, 3])) as tf.Tensor).dataSync()),
      i * 1280,
    );
  }
});
after(() => rm(folder, { recursive: true }));

async function open<Task>(t: TestContext, engine: EngineName, options: Partial<ExtractorOptions> = {}) {
  const extractor = await openExtractor<Task>({ engine, model, input, processes: 2, portion: 2, ...options });
  t.after(() => extractor.close());
  return extractor;
}

function largestDifference(found: Float32Array): number {
  assert.equal(found.length, expected.length);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

const testPreparer = { module: siblingModule(import.meta.filename, "test-preparer") };

for (const engine of ["tflite", "wasm"] as const) {
  test(`${engine} gives every picture its row`, async (t) => {
    const extractor = await open<PictureTask>(t, engine);
    assert.deepEqual([extractor.engine, extractor.width, extractor.processes], [engine, 1280, 2]);
    assert.match(extractor.detail, engine === "tflite" ? /xnnpack/ : /wasm/);
    const seen: number[] = [];
    const found = await extractFeatures(extractor, tasks, { onProgress: (done) => seen.push(done) });
    assert.ok(largestDifference(found) < differenceMax);
    assert.ok(expected.some((value) => value > 0.1));
    assert.equal(seen.at(-1), pictures);
    assert.ok(extractor.peakRssBytes > 50e6);
  });
}

test("pictures go through in batches, whatever their number", async (t) => {
  const extractor = await open<PictureTask>(t, "wasm", { processes: 1, batchSize: 4, portion: 6 });
  assert.ok(largestDifference(await extractFeatures(extractor, tasks)) < differenceMax);
});

test("whole maps come in row-major order", async (t) => {
  const [maps] = [
    layers.model({ inputs: model.inputs, outputs: model.getLayer("block_2_add").output as layers.SymbolicTensor }),
  ];
  const image = randomImage(1);
  const extractor = await open<object>(t, "tflite", { model: maps, preparer: testPreparer });
  assert.equal(extractor.width, 16 * 16 * 8);
  const found = await extractFeatures(extractor, [{ images: [image] }]);
  const tensor = new Float32Array(sizePx * sizePx * 3);
  fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx: sizePx, heightPx: sizePx }, input, tensor);
  const answer = tf.tidy(() => (maps.predict(tf.tensor(tensor, [1, sizePx, sizePx, 3])) as tf.Tensor).dataSync());
  assert.ok(answer.every((value, i) => Math.abs(value - found[i]!) < differenceMax));
});

test("a task may have any number of pictures, and tasks are taken only as they are needed", async (t) => {
  const extractor = await open<object>(t, "tflite", { preparer: testPreparer });
  let taken = 0;
  function* many() {
    for (let i = 0; i < 40; i++) {
      taken++;
      yield { images: Array.from({ length: i % 4 }, () => randomImage(i)) };
    }
  }
  const rows: number[] = [];
  let mostAhead = 0;
  await extractor.extract(many(), (task, values) => {
    rows[task] = values.length / 1280;
    mostAhead = Math.max(mostAhead, taken - rows.filter((count) => count !== undefined).length);
  });
  assert.deepEqual(
    rows,
    Array.from({ length: 40 }, (_, i) => i % 4),
  );
  // Two processes, two portions of two tasks in each.
  assert.ok(mostAhead <= 8, `${mostAhead} tasks were waiting`);
});

test("a picture that cannot be read is named", async (t) => {
  const extractor = await open<PictureTask>(t, "tflite");
  const broken = join(folder, "broken.jpg");
  await writeFile(broken, "no picture");
  await assert.rejects(extractFeatures(extractor, [...tasks, { path: broken }]), {
    code: "IMAGE_INVALID",
    message: /broken\.jpg/,
  });
  await assert.rejects(extractFeatures(extractor, tasks), /closed|broken/);
});

test("a process that dies, or hangs, ends all with an error that says so", async (t) => {
  const cases = [
    [{ kill: true }, {}, /TRAINING|SIGKILL/],
    [{ exit: 3 }, {}, /exit code 3/],
    [{ hang: true }, { replyTimeoutMs: 3_000 }, /no answer within 3000 ms/],
  ] as const;
  for (const [task, options, message] of cases) {
    const extractor = await open<object>(t, "tflite", { preparer: testPreparer, ...options });
    const all = [{ images: [randomImage(1)] }, task, { images: [randomImage(2)] }];
    await assert.rejects(extractFeatures(extractor, all), { code: "TRAINING_FAILED", message });
  }
});

test("a cancelled extraction ends with the signal's reason", async (t) => {
  const extractor = await open<object>(t, "tflite", { preparer: testPreparer });
  const controller = new AbortController();
  const reason = new Error("no longer wanted");
  const pending = extractFeatures(extractor, [{ images: [randomImage(1)] }, ...Array(20).fill({ hang: true })], {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  // The first portion holds one that hangs, so nothing is done when the signal comes.
  setImmediate(() => controller.abort(reason));
  await assert.rejects(pending, reason);
});

test("a preparer that does not exist, and a network for another input, are refused at the start", async (t) => {
  await assert.rejects(open(t, "tflite", { preparer: { module: join(folder, "absent.js") } }), {
    code: "TRAINING_FAILED",
    message: /absent\.js/,
  });
  const other = { ...input, shape: [1, 32, 32, 3] as [1, number, number, 3] };
  await assert.rejects(open(t, "tflite", { input: other }), { code: "MODEL_INVALID", message: /1x32x32x3/ });
});
