// MobileNetV2 with real ImageNet weights classifies ImageNet samples: the network is the published one, not merely its shape.
//
// The kernel of the checkpoint's top is missing among the .npy files. The int8 model beside them was made from the same
// checkpoint, as its biases show, so its top, with real values again, completes the network.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { before, test } from "node:test";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { parseNpy } from "../../training/backbones/npy-weights.ts";
import { openBackbone } from "../../training/backbones/open-backbone.ts";
import { convertLayersModel } from "../../training/convert/convert.ts";
import type { Graph, GraphTensor } from "../../training/convert/graph.ts";
import { real } from "../../training/convert/real-model.ts";
import { readTflite } from "../../training/convert/tflite-reader.ts";
import { listPhotos } from "../../training/dataset/list-photos.ts";
import { indexOfMax } from "../../training/metrics.ts";
import { useMemoryBackend } from "../../training/tensor-backend.ts";
import { silentProgress } from "../training/silent-progress.ts";
import { readInput, sharedPath, squareInput } from "./pictures.ts";

const sizePx = 224;
const classes = 1001;

interface Top {
  /** [classes, width] */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The last convolution of the int8 model. */
function topOf(graph: Graph): Top {
  const last = graph.operations.filter(({ kind }) => kind === "CONV_2D").at(-1)!;
  const [, kernel, bias] = last.inputs.map((index) => graph.tensors[index]!);
  const values = (tensor: GraphTensor) => real(tensor.data!, tensor);
  return { kernel: values(kernel!), bias: values(bias!) };
}

function classify({ kernel, bias }: Top, features: Float32Array): number {
  const width = features.length;
  const logits = bias.map((offset, index) =>
    features.reduce((sum, value, i) => sum + value * kernel[index * width + i]!, offset),
  );
  return indexOfMax([...logits]);
}

/** The longest run of increasing numbers, others left out. */
function increasing(numbers: readonly number[]): number {
  const ends: number[] = [];
  for (const number of numbers) {
    const at = ends.findIndex((end) => end >= number);
    ends[at === -1 ? ends.length : at] = number;
  }
  return ends.length;
}

const found = { ours: [] as number[], theirs: [] as number[] };
let top: Top;

before(async () => {
  await useMemoryBackend();
  const weights = sharedPath("weights", "mobilenet_v2_imagenet_npy");
  const shape = { name: "mobilenet-v2", alpha: 1, sizePx } as const;
  const { extractor, input } = await openBackbone({ shape, weights, progress: silentProgress() });
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const ours = engine.load(convertLayersModel(extractor).bytes);
  const bytes = new Uint8Array(await readFile(sharedPath("weights", "tf2_mobilenet_v2_1.0_224_ptq.tflite")));
  const graph = readTflite(bytes);
  const theirs = engine.load(bytes);
  const { quantization } = graph.tensors[graph.inputs[0]!]!;
  const store = (value: number) =>
    Math.min(255, Math.max(0, Math.round(value / quantization!.scales[0]! + quantization!.zeroPoints[0]!)));
  top = topOf(graph);
  const folder = sharedPath("data", "sets", "objects");
  // The number in a name stands for the class; sorted by it, the classes' own numbers grow.
  const photos = (await listPhotos(folder)).filter((photo) => basename(photo).startsWith("inet_n"));
  assert.ok(photos.length > 300);
  for (const photo of photos.sort((a, b) => (basename(a) < basename(b) ? -1 : 1))) {
    const values = await readInput(`${folder}/${photo}`, squareInput(sizePx, input.mean, input.scale));
    ours.inputs[0]!.data.set(values);
    ours.infer();
    found.ours.push(classify(top, ours.outputs[0]!.data as Float32Array));
    theirs.inputs[0]!.data.set(values.map(store));
    theirs.infer();
    found.theirs.push(indexOfMax(Array.from(theirs.outputs[0]!.data)));
  }
});

test("the int8 model was made from the same checkpoint: its biases are those of the .npy file", async () => {
  const path = sharedPath("weights", "mobilenet_v2_imagenet_npy", "Logits_Conv2d_1c_1x1_biases.npy");
  const { values } = parseNpy(await readFile(path), path);
  assert.equal(values.length, classes);
  assert.ok(values.every((value, i) => Math.abs(value - top.bias[i]!) < 1e-3));
});

test("both name the same class on most samples", (t) => {
  const same = found.ours.filter((index, i) => index === found.theirs[i]).length / found.ours.length;
  t.diagnostic(`the same class on ${(100 * same).toFixed(1)} % of ${found.ours.length} ImageNet samples`);
  assert.ok(same >= 0.85, `${same}`);
});

test("the classes that it names grow with the classes of the samples", (t) => {
  const right = increasing(found.ours) / found.ours.length;
  t.diagnostic(`${(100 * right).toFixed(1)} % in the order of their classes; int8: ${increasing(found.theirs)}`);
  // Classes by chance would leave about 2 * sqrt(n) of n: 11 %.
  assert.ok(right >= 0.8, `${right}`);
});
