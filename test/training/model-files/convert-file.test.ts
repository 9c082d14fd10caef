// `facelatch convert` from a saved model to a file: each precision, the gate's report, and refusals that write nothing.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import sharp from "sharp";
import { convertFile, type FileConversionOptions } from "../../../training/model-files/convert-file.ts";
import { inspectTflite } from "../../../training/model-files/inspect-file.ts";
import { readLayersModel, writeLayersModel } from "../../../training/model-files/layers-model-file.ts";
import { useMemoryBackend } from "../../../training/tensor-backend.ts";
import { fillRandomly, randomValues } from "../convert/random-weights.ts";

const { layers } = tf;
await useMemoryBackend();

async function makeSite(t: { after(done: () => Promise<void>): void }) {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-convert-"));
  t.after(() => rm(folder, { recursive: true }));
  const options = (changes: Partial<FileConversionOptions>): FileConversionOptions => ({
    modelPath: join(folder, "model", "model.json"),
    outPath: join(folder, "model.tflite"),
    quantize: "float32",
    calibrationDir: null,
    io: "float32",
    pixels: { mean: 127.5, scale: 127.5 },
    labels: null,
    ...changes,
  });
  return { folder, options };
}

function classifier(): tf.LayersModel {
  const model = tf.sequential({
    name: "small",
    layers: [
      layers.conv2d({
        filters: 16,
        kernelSize: 3,
        strides: 2,
        activation: "relu",
        inputShape: [32, 32, 3],
        name: "one",
      }),
      layers.conv2d({ filters: 32, kernelSize: 3, activation: "relu", name: "two" }),
      layers.globalAveragePooling2d({ name: "pool" }),
      layers.dense({ units: 3, activation: "softmax", name: "scores" }),
    ],
  });
  fillRandomly(model, 2);
  return model;
}

async function writePhotos(folder: string, count: number): Promise<void> {
  await mkdir(folder);
  for (let i = 0; i < count; i++) {
    const pixels = Uint8Array.from(randomValues(40 * 36 * 3, i + 1), (value) => 128 + value * (20 + 3 * i));
    await sharp(pixels, { raw: { width: 40, height: 36, channels: 3 } })
      .png()
      .toFile(join(folder, `${i}.png`));
  }
}

test("each precision gives a file that answers like the model", async (t) => {
  const { folder, options } = await makeSite(t);
  await writeLayersModel(classifier(), join(folder, "model"));
  await writePhotos(join(folder, "photos"), 24);
  const calibrationDir = join(folder, "photos");
  const float32 = await convertFile(options({ labels: ["a", "b", "c"] }));
  assert.ok(float32.maxAbsDiff < 1e-5 && float32.agreement === 1, JSON.stringify(float32));
  assert.equal(float32.bytes, (await readFile(join(folder, "model.tflite"))).byteLength);
  assert.deepEqual(inspectTflite(await readFile(join(folder, "model.tflite"))).metadata?.labels, ["a", "b", "c"]);
  for (const quantize of ["float16", "dynamic"] as const) {
    const small = await convertFile(options({ quantize }));
    assert.equal(small.chosen, quantize);
    assert.ok(small.bytes < float32.bytes * 0.7 && small.maxAbsDiff < 0.05, `${quantize} ${JSON.stringify(small)}`);
  }
  for (const io of ["float32", "int8"] as const) {
    const int8 = await convertFile(options({ quantize: "int8", calibrationDir, io }));
    assert.deepEqual([int8.chosen, int8.int8?.calibrationPhotos, int8.int8?.agreement.n], ["int8", 12, 12]);
    assert.ok(int8.bytes < float32.bytes * 0.5 && int8.maxAbsDiff < 0.1, JSON.stringify(int8));
    assert.deepEqual(int8.int8?.layers.map(({ kind }) => kind).sort(), [
      "CONV_2D",
      "CONV_2D",
      "FULLY_CONNECTED",
      "MEAN",
      "RESHAPE",
      "SOFTMAX",
    ]);
    const { inputs, delegated } = inspectTflite(await readFile(join(folder, "model.tflite")));
    assert.deepEqual([inputs[0]?.type, delegated > 3], [io, true]);
  }
  const auto = await convertFile(options({ quantize: "auto", calibrationDir }));
  assert.equal(auto.chosen, auto.int8!.agreement.value >= 0.99 ? "int8" : "float32");
});

test("int8 without photos is refused, and so is a layer that cannot be converted: nothing is written", async (t) => {
  const { folder, options } = await makeSite(t);
  await writeLayersModel(classifier(), join(folder, "model"));
  await assert.rejects(convertFile(options({ quantize: "int8" })), { code: "USAGE" });
  const recurrent = tf.sequential({
    layers: [layers.simpleRNN({ units: 2, inputShape: [3, 2], recurrentInitializer: "zeros", name: "memory" })],
  });
  await writeLayersModel(recurrent, join(folder, "other"));
  await assert.rejects(convertFile(options({ modelPath: join(folder, "other", "model.json") })), (error: Error) => {
    assert.match(error.message, /memory \(SimpleRNN\)/);
    return true;
  });
  await assert.rejects(convertFile(options({ modelPath: join(folder, "absent.json") })), { code: "INPUT_MISSING" });
  assert.equal(existsSync(join(folder, "model.tflite")), false);
});

test("weights in several shards, some of them 8-bit, are read as they are meant", async (t) => {
  const { folder } = await makeSite(t);
  const path = join(folder, "model", "model.json");
  const model = classifier();
  await writeLayersModel(model, join(folder, "model"));
  const json = JSON.parse(await readFile(path, "utf8"));
  const bytes = await readFile(join(folder, "model", "weights.bin"));
  const [kernel, ...rest] = json.weightsManifest[0].weights as { shape: number[]; quantization?: object }[];
  const kernelBytes = 4 * kernel!.shape.reduce((product, size) => product * size, 1);
  kernel!.quantization = { dtype: "uint8", min: -1, scale: 2 / 255 };
  const stored = Uint8Array.from({ length: kernelBytes / 4 }, (_, i) => i % 256);
  const everything = Buffer.concat([stored, bytes.subarray(kernelBytes)]);
  const shards = [everything.subarray(0, 100), everything.subarray(100, 101), everything.subarray(101)];
  for (const [i, shard] of shards.entries()) await writeFile(join(folder, "model", `shard${i}`), shard);
  json.weightsManifest = [{ paths: ["shard0", "shard1", "shard2"], weights: [kernel, ...rest] }];
  await writeFile(path, JSON.stringify(json));
  const read = await readLayersModel(path);
  const values = read.weights.map((weight) => weight.read().dataSync());
  const expected = model.weights.map((weight) => weight.read().dataSync());
  assert.ok(Math.abs(values[0]![5]! - (5 * (2 / 255) - 1)) < 1e-6);
  assert.deepEqual(values.slice(1), expected.slice(1));
  await writeFile(join(folder, "model", "shard2"), shards[2]!.subarray(0, -4));
  await assert.rejects(readLayersModel(path), { code: "INPUT_INVALID" });
  json.weightsManifest[0].paths = ["../outside"];
  await writeFile(path, JSON.stringify(json));
  await assert.rejects(readLayersModel(path), { code: "INPUT_INVALID" });
});
