// Another batch size: each picture of the batch gets the answer that it gets alone.
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { batchSizeOf, setBatchSize } from "../../../training/convert/batch-size.ts";
import { calibrate, convertLayersModel, quantizeGraph, shrinkWeights } from "../../../training/convert/convert.ts";
import type { Graph } from "../../../training/convert/graph.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { writeTflite } from "../../../training/convert/tflite-writer.ts";
import { fillRandomly, randomValues } from "./random-weights.ts";
import { engines, inferWith, largestDifference, plainEngine } from "./runtimes.ts";

const { layers } = tf;
type Node = tf.SymbolicTensor;
const apply = (layer: unknown, inputs: Node | readonly Node[]) =>
  (layer as { apply(x: typeof inputs): Node }).apply(inputs);
const valuesPerPicture = 8 * 8 * 3;

/** Whatever names the batch: reshapes to rows and back, transposed convolution, cropping, a dense layer on rows. */
function network(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3] });
  let x = apply(layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }), input);
  x = apply(layers.conv2dTranspose({ filters: 6, kernelSize: 2, strides: 2 }), x);
  x = apply(
    layers.cropping2D({
      cropping: [
        [1, 1],
        [2, 2],
      ],
    }),
    x,
  );
  x = apply(layers.dense({ units: 6, activation: "relu" }), x);
  const side = apply(layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }), x);
  x = apply(layers.concatenate(), [apply(layers.add(), [x, side]), x]);
  const gate = apply(layers.reshape({ targetShape: [1, 1, 12] }), apply(layers.globalAveragePooling2d({}), x));
  x = apply(layers.flatten(), apply(layers.multiply(), [x, gate]));
  const model = tf.model({ inputs: input, outputs: apply(layers.dense({ units: 4, activation: "softmax" }), x) });
  fillRandomly(model, 3);
  return model;
}

const model = network();
const pictures = [1, 2, 3].map((seed) => randomValues(valuesPerPicture, seed));
const alone = convertLayersModel(model).graph;

function answers(graph: Graph, engine: (typeof engines)[number], inputs: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(inputs.length * valuesPerPicture);
  for (const [i, input] of inputs.entries()) all.set(input, i * valuesPerPicture);
  return inferWith(engine, writeTflite(graph), [all])[0]!;
}

describe("batch size", () => {
  for (const [before, after] of [
    [2, 1],
    [2, 3],
    [1, 2],
    [3, 1],
  ] as const) {
    test(`from ${before} to ${after}, each picture is answered as alone`, () => {
      const graph = convertLayersModel(model, { batchSize: before }).graph;
      const rewritten = setBatchSize(readTflite(writeTflite(graph)), after);
      assert.deepEqual([batchSizeOf(graph), batchSizeOf(rewritten)], [before, after]);
      const inputs = pictures.slice(0, after);
      for (const engine of engines) {
        const expected = inputs.map((input) => answers(alone, engine, [input]));
        const found = answers(rewritten, engine, inputs);
        for (const [i, scores] of expected.entries()) {
          assert.ok(largestDifference([scores], [found.slice(4 * i, 4 * i + 4)]) < 1e-6, engine.name);
        }
      }
    });
  }

  test("int8 and float16 files are rewritten too", () => {
    const graph = convertLayersModel(model, { batchSize: 2 }).graph;
    const samples = [[Float32Array.from([...pictures[0]!, ...pictures[1]!])]];
    const ranges = calibrate(graph, plainEngine, samples, { kind: "minMax" });
    for (const small of [quantizeGraph(graph, ranges, { io: "float32" }), shrinkWeights(graph, "float16")]) {
      const both = answers(small.graph, plainEngine, pictures.slice(0, 2));
      const one = answers(setBatchSize(small.graph, 1), plainEngine, [pictures[1]!]);
      assert.ok(largestDifference([both.slice(4)], [one]) < 1e-6);
    }
  });

  test("the same size changes nothing", () => {
    assert.equal(setBatchSize(alone, 1), alone);
  });

  test("an operation across the batch is named", () => {
    const input = tf.input({ batchShape: [2, 3, 4] });
    const { graph } = convertLayersModel(
      tf.model({ inputs: input, outputs: apply(layers.concatenate({ axis: 0 }), [input, input]) }),
    );
    const isMixing = (error: unknown) =>
      error instanceof FacelatchError && error.code === "INPUT_INVALID" && /CONCATENATION/.test(error.detail.found);
    assert.throws(() => setBatchSize(graph, 1), isMixing);
  });
});
