// Every layer of a Keras file finds its place, whatever Keras has named it; a file of another network is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { buildInceptionResNetV2 } from "../../../training/backbones/inception-resnet-v2.ts";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import { useMemoryBackend } from "../../../training/tensor-backend.ts";
import type { StoredLayer } from "../../../training/weights/keras-h5.ts";
import { matchLayers } from "../../../training/weights/match-layers.ts";

await useMemoryBackend();

/** Shapes as they are, and one value by which an array is known again. */
function tagged(model: LayersModel): StoredLayer[] {
  let tag = 0;
  return model.layers
    .filter((layer) => layer.weights.length > 0)
    .map((layer) => ({
      name: layer.name,
      arrays: layer.weights.map(({ originalName, shape }) => ({
        name: `${layer.name}/${originalName.split("/").at(-1)}:0`,
        shape: shape as number[],
        values: Float32Array.of(tag++),
      })),
    }));
}

/** By our names, the tag of each array. */
function tags(model: LayersModel, stored: readonly StoredLayer[]): Record<string, number> {
  const matched = matchLayers(model, stored, "some.h5");
  return Object.fromEntries([...matched].map(([name, { values }]) => [name, values[0]!]));
}

const renamed = (stored: readonly StoredLayer[], rename: (name: string) => string): StoredLayer[] =>
  stored.map(({ name, arrays }) => ({
    name: rename(name),
    arrays: arrays.map((array) => ({ ...array, name: `${rename(name)}/${array.name.split("/").at(-1)}` })),
  }));

const inception = buildInceptionResNetV2({ sizePx: 75 });
const mobile = buildMobileNetV2({ sizePx: 32, alpha: 0.35 });

test("InceptionResNetV2 stands in the order that Keras prints and stores", () => {
  // The first layers with weights of model.summary(), whose numbers begin at 0 in newer versions.
  const published = [1, 2, 3, 4, 5, 9, 7, 10, 6, 8, 11, 12, 16, 14, 17, 13, 15, 18];
  const ours = inception.layers.flatMap(({ name }) => /^conv2d_(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  assert.deepEqual(ours.slice(0, published.length), published);
});

test("numbers that begin elsewhere, and names of other programs, lead to the same places", () => {
  const stored = tagged(inception);
  const expected = tags(inception, stored);
  assert.equal(Object.keys(expected).length, 203 * 4 + 40 * 2 + 4);
  const offset = (by: number) => (name: string) =>
    name.replace(/^(conv2d|batch_normalization)_(\d+)$/, (_, family: string, number: string) =>
      Number(number) + by === 0 ? family : `${family}_${Number(number) + by}`,
    );
  for (const rename of [offset(-1), offset(203)]) {
    // By name, whatever the order of the file.
    assert.deepEqual(tags(inception, renamed(stored, rename).reverse()), expected);
  }
  let count = 0;
  const other = renamed(stored, () => `layer_${count++}`);
  assert.deepEqual(tags(inception, other), expected);
  const top = { name: "predictions", arrays: [{ name: "kernel", shape: [1536, 1000], values: new Float32Array(1) }] };
  assert.deepEqual(tags(inception, [...other, top]), expected);
});

test("arrays of one shape go by their names where the file has them, else by their order", () => {
  const stored = tagged(mobile);
  const expected = tags(mobile, stored);
  const shuffled = stored.map(({ name, arrays }) => ({ name, arrays: [...arrays].reverse() }));
  assert.deepEqual(tags(mobile, shuffled), expected);
  const plain = stored.map(({ name, arrays }) => ({
    name,
    arrays: arrays.map((array, i) => ({ ...array, name: `weight_${i}` })),
  }));
  assert.deepEqual(tags(mobile, plain), expected);
});

test("a file of another width or network names itself, the layer and what to do", () => {
  const wider = tagged(buildMobileNetV2({ sizePx: 32, alpha: 0.5 }));
  assert.throws(() => matchLayers(mobile, wider, "some.h5"), {
    code: "INPUT_INVALID",
    message: /Conv_1\/kernel|expanded_conv_depthwise.*some\.h5.*--alpha|in some\.h5; found \[.*\]\. .*--alpha/s,
  });
  assert.throws(() => matchLayers(inception, wider, "some.h5"), {
    code: "INPUT_INVALID",
    message: /287 layers.* in some\.h5|layers with weights in some\.h5; found 104/,
  });
  const fewer = tagged(mobile).map((layer, i) => (i === 1 ? { ...layer, arrays: layer.arrays.slice(1) } : layer));
  assert.throws(() => matchLayers(mobile, fewer, "some.h5"), { message: /4 arrays for the layer bn_Conv1.*found 3/ });
});
