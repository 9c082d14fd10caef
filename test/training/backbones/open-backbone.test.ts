// A backbone opens from every source of weights, answers as the one they were saved from, and says where they come from.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { BackboneShape } from "../../../training/backbones/architectures.ts";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import { openBackbone } from "../../../training/backbones/open-backbone.ts";
import { useMemoryBackend } from "../../../training/tensor-backend.ts";
import { fillRandomly, randomValues } from "../convert/random-weights.ts";
import { silentProgress } from "../silent-progress.ts";
import { serveFile } from "../weights/file-server.ts";
import { storedLayersOf, writeKerasH5 } from "../weights/keras-file.ts";

await useMemoryBackend();

const shape = { name: "mobilenet-v2", alpha: 0.35, sizePx: 32 } as const satisfies BackboneShape;
const options = { shape, progress: silentProgress() };
const input = () => tf.tensor(randomValues(32 * 32 * 3, 2), [1, 32, 32, 3]);
const saved = buildMobileNetV2(shape);
fillRandomly(saved, 5);

async function savedFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-backbone-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "mine.h5");
  await writeKerasH5(path, storedLayersOf(saved));
  return path;
}

test("an .h5 file gives back the network that it was saved from", async (t) => {
  const path = await savedFile(t);
  const backbone = await openBackbone({ ...options, weights: path });
  const expected = (saved.predict(input()) as tf.Tensor).dataSync();
  assert.deepEqual((backbone.network.predict(input()) as tf.Tensor).dataSync(), expected);
  const pooled = backbone.extractor.predict(input()) as tf.Tensor;
  assert.deepEqual(pooled.shape, [1, 1280]);
  assert.deepEqual(pooled.dataSync(), expected, "one place of 32 x 32 px is its own average");
  assert.equal(backbone.width, 1280);
  assert.deepEqual(backbone.input.shape, [1, 32, 32, 3]);
  assert.deepEqual([backbone.input.mean, backbone.input.scale], [127.5, 127.5]);
  assert.equal(backbone.name, "MobileNetV2 0.35, 32 px");
  assert.match(backbone.weights, /^mine\.h5, SHA-256 [0-9a-f]{64}$/);
});

test("Keras' file is downloaded, cached, and its record told", async (t) => {
  const path = await savedFile(t);
  const server = await serveFile(t, { bytes: await readFile(path), etag: '"1"' });
  const said: string[] = [];
  const network = {
    ...options,
    weights: "keras",
    progress: silentProgress(said),
    baseUrl: new URL(server.url).origin,
    cacheDir: join(path, "..", "cache"),
  };
  const first = await openBackbone(network);
  const second = await openBackbone(network);
  assert.equal(server.ranges.length, 1);
  assert.match(first.weights, /^mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0\.35_224_no_top\.h5, SHA-256/);
  assert.equal(second.weights, first.weights);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /No digest is published/);
});

test("npm's weights open without a download", async () => {
  const backbone = await openBackbone({ ...options, shape: { ...shape, alpha: 1 }, weights: "npm" });
  assert.equal(backbone.name, "MobileNetV2 1.0, 32 px");
  assert.deepEqual([backbone.input.mean, backbone.input.scale], [0, 255]);
  assert.match(backbone.weights, /nsfwjs/);
});

test("what does not fit together is refused with the file's name and the way out", async (t) => {
  const path = await savedFile(t);
  const inception = { name: "inception-resnet-v2", alpha: 1, sizePx: 75 } as const;
  const cases = [
    [{ ...options, weights: "npm" }, "USAGE", /alpha 0\.35.*--weights keras/],
    [{ ...options, shape: inception, weights: "npm" }, "USAGE", /inception-resnet-v2/],
    [{ ...options, shape: inception, weights: join(path, "..") }, "USAGE", /\.npy/],
    [{ ...options, weights: join(path, "..") }, "INPUT_MISSING", /\.npy/],
    [{ ...options, weights: "no-such-file.h5" }, "INPUT_MISSING", /no-such-file\.h5/],
    [{ ...options, shape: { ...shape, alpha: 0.75 }, weights: path }, "INPUT_INVALID", /mine\.h5.*--alpha/],
    [{ ...options, shape: { ...shape, alpha: 0.6 }, weights: path }, "USAGE", /0\.35, 0\.5/],
  ] as const;
  for (const [given, code, message] of cases) await assert.rejects(openBackbone(given), { code, message });
  const text = join(path, "..", "text.h5");
  await writeFile(text, "not weights");
  await assert.rejects(openBackbone({ ...options, weights: text }), { code: "INPUT_INVALID", message: /text\.h5/ });
});
