// The file format: what is written reads back the same, files made elsewhere read too, and garbage is refused.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import fc from "fast-check";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { calibrate, convertLayersModel, quantizeGraph } from "../../../training/convert/convert.ts";
import { findFault, type Graph } from "../../../training/convert/graph.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { bufferAlignmentBytes } from "../../../training/convert/tflite-schema.ts";
import { writeTflite } from "../../../training/convert/tflite-writer.ts";
import { buildCase, operatorCases } from "./operator-cases.ts";
import { fillRandomly, randomValues } from "./random-weights.ts";
import { engines, inferWith, plainEngine } from "./runtimes.ts";

const { layers } = tf;

function smallModel(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      layers.conv2d({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: "same",
        activation: "relu6",
        inputShape: [8, 8, 3],
      }),
      layers.depthwiseConv2d({ kernelSize: 3 }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
  fillRandomly(model, 4);
  return model;
}

const small = convertLayersModel(smallModel(), { description: "für Prüfungen" });

function smallInt8(): Graph {
  const samples = [1, 2].map((seed) => [randomValues(8 * 8 * 3, seed)]);
  const ranges = calibrate(small.graph, plainEngine, samples, { kind: "minMax" });
  return quantizeGraph(small.graph, ranges, { io: "float32" }).graph;
}

describe("reading what was written", () => {
  test("every operator's graph comes back as it was", () => {
    const cases = fc.oneof(...Object.values(operatorCases));
    const property = fc.property(cases, (operatorCase) => {
      const model = buildCase(operatorCase, 1);
      const { bytes, graph } = convertLayersModel(model);
      assert.deepEqual(readTflite(bytes), graph);
      model.dispose();
    });
    fc.assert(property, { numRuns: 60, includeErrorInReport: true });
  });

  test("an int8 graph comes back with its scales", () => {
    const graph = smallInt8();
    assert.deepEqual(readTflite(writeTflite(graph)), graph);
  });

  test("a Buffer out of Node's pool reads as well as bytes of their own", () => {
    const pooled = Buffer.concat([Buffer.from("before"), small.bytes]).subarray(6);
    assert.deepEqual(readTflite(pooled), small.graph);
  });

  test("constants lie at multiples of 16 bytes", () => {
    const constants = readTflite(small.bytes).tensors.flatMap(({ data }) => (data === null ? [] : [data]));
    assert.ok(constants.length > 0);
    assert.deepEqual(
      constants.map(({ byteOffset }) => byteOffset % bufferAlignmentBytes),
      constants.map(() => 0),
    );
  });

  test("the bytes are the same each time, for a model built anew as well", () => {
    const build = () => {
      const input = tf.input({ shape: [6, 6, 2], name: "picture" });
      const layer = layers.conv2d({ filters: 3, kernelSize: 3, name: "kernel" });
      const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor, name: "model" });
      fillRandomly(model, 8);
      return convertLayersModel(model).bytes;
    };
    assert.deepEqual(writeTflite(small.graph), small.bytes);
    assert.deepEqual(build(), build());
  });
});

describe("files made elsewhere", () => {
  const detectorFolder = dirname(createRequire(import.meta.url).resolve("@mediapipe/face_detection/package.json"));

  for (const name of ["face_detection_short_range.tflite", "face_detection_full_range.tflite"]) {
    test(`${name} reads, and answers the same after it is written again`, () => {
      const bytes = new Uint8Array(readFileSync(join(detectorFolder, name)));
      const graph = readTflite(bytes);
      const again = writeTflite(graph);
      const input = randomValues(
        graph.tensors[graph.inputs[0]!]!.shape.reduce((a, b) => a * b),
        1,
      );
      for (const engine of engines)
        assert.deepEqual(inferWith(engine, again, [input]), inferWith(engine, bytes, [input]));
    });
  }
});

describe("garbage", () => {
  /** Reads or refuses; whatever is read is a sound graph. */
  function readOrRefuse(bytes: Uint8Array): "read" | "refused" {
    try {
      assert.equal(findFault(readTflite(bytes)), null);
      return "read";
    } catch (error) {
      assert.ok(error instanceof FacelatchError, String(error));
      assert.equal(error.code, "INPUT_INVALID");
      return "refused";
    }
  }

  test("any bytes are refused", () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    fc.assert(
      fc.property(bytes, (values) => assert.equal(readOrRefuse(values), "refused")),
      { numRuns: 500 },
    );
    const identified = bytes.map((values) =>
      Uint8Array.from([...values.subarray(0, 4), 0x54, 0x46, 0x4c, 0x33, ...values]),
    );
    fc.assert(
      fc.property(identified, (values) => assert.equal(readOrRefuse(values), "refused")),
      { numRuns: 500 },
    );
  });

  test("every truncation is refused", () => {
    for (let length = 0; length < small.bytes.length; length += 7) {
      assert.equal(readOrRefuse(small.bytes.subarray(0, length)), "refused", `${length} bytes`);
    }
  });

  test("changed bytes read as another sound graph, or are refused", () => {
    const change = fc.tuple(fc.nat(small.bytes.length - 1), fc.nat(255));
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = small.bytes.slice();
      for (const [position, value] of changes) bytes[position] = value;
      readOrRefuse(bytes);
    });
    fc.assert(property, { numRuns: 3000, includeErrorInReport: true });
  });

  test("no single 32-bit offset leads outside or around in circles", () => {
    const view = new DataView(small.bytes.slice().buffer);
    for (let position = 0; position + 4 <= view.byteLength; position += 4) {
      const original = view.getUint32(position, true);
      for (const value of [0, 4, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffff - position]) {
        view.setUint32(position, value, true);
        readOrRefuse(new Uint8Array(view.buffer));
      }
      view.setUint32(position, original, true);
    }
  });
});
