// The benchmark compares like with like: every engine gives the answers of the device's own.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import { writeOnnx } from "../../../training/bench/onnx-file.ts";
import { openTfjsGraph } from "../../../training/bench/tfjs-graph.ts";
import { widenConstants } from "../../../training/bench/widen.ts";
import { convertLayersModel } from "../../../training/convert/convert.ts";
import type { Graph } from "../../../training/convert/graph.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { fillRandomly, randomValues } from "../convert/random-weights.ts";
import { fastEngine, inferWith, largestDifference } from "../convert/runtimes.ts";

const require = createRequire(import.meta.url);

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: object): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
}
const { InferenceSession, Tensor } = require("onnxruntime-node") as {
  InferenceSession: { create(model: Uint8Array): Promise<Session> };
  Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
};

function mobileNet(): Uint8Array {
  const backbone = buildMobileNetV2({ sizePx: 96, alpha: 0.5 });
  const pooled = tf.layers.globalAveragePooling2d({}).apply(backbone.outputs[0]!) as tf.SymbolicTensor;
  const scores = tf.layers.dense({ units: 3, activation: "softmax" }).apply(pooled) as tf.SymbolicTensor;
  const model = tf.model({ inputs: backbone.inputs, outputs: scores });
  fillRandomly(model, 3);
  return convertLayersModel(model).bytes;
}

function blazeFace(): Uint8Array {
  const folder = dirname(require.resolve("@mediapipe/face_detection/package.json"));
  return new Uint8Array(readFileSync(join(folder, "face_detection_short_range.tflite")));
}

async function answers(graph: Graph, input: Float32Array) {
  const file = writeOnnx(graph);
  const onTfjs = openTfjsGraph(graph);
  assert.ok(file !== null && onTfjs !== null);
  const session = await InferenceSession.create(file);
  const { shape } = graph.tensors[graph.inputs[0]!]!;
  const found = await session.run({ [session.inputNames[0]!]: new Tensor("float32", input, shape) });
  return { onnx: session.outputNames.map((name) => found[name]!.data), tfjs: await onTfjs([input]) };
}

describe("engines agree", () => {
  for (const [name, make] of Object.entries({ MobileNetV2: mobileNet, BlazeFace: blazeFace })) {
    test(name, async () => {
      const bytes = make();
      const graph = widenConstants(readTflite(bytes));
      const input = randomValues(
        graph.tensors[graph.inputs[0]!]!.shape.reduce((a, b) => a * b),
        5,
      );
      const expected = inferWith(fastEngine, bytes, [input]);
      const { onnx, tfjs } = await answers(graph, input);
      assert.ok(largestDifference(expected, onnx) < 1e-3, "onnxruntime-node");
      assert.ok(largestDifference(expected, tfjs) < 1e-3, "TensorFlow.js");
    });
  }
});
