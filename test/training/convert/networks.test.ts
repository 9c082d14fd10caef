// Whole networks: random ones and MobileNetV2 agree with TensorFlow.js, and keep the operations that they should.
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import fc from "fast-check";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import { convertLayersModel } from "../../../training/convert/convert.ts";
import { fillRandomly, randomInputs } from "./random-weights.ts";
import { engines, inferWith, largestDifference, predict } from "./runtimes.ts";

const { layers } = tf;
type Node = tf.SymbolicTensor;
type Stage = (x: Node) => Node;

const differenceMax = 1e-4;
const networks = Math.ceil(Number(process.env["FACELATCH_CONVERT_GRAPHS"] ?? 150) / 10);

const apply = (layer: unknown, inputs: Node | readonly Node[]) =>
  (layer as { apply(x: typeof inputs): Node }).apply(inputs);
const normalized = (layer: unknown, x: Node) =>
  apply(layers.reLU({ maxValue: 6 }), apply(layers.batchNormalization({}), apply(layer, x)));
const spatial = (x: Node) => Math.min(x.shape[1]!, x.shape[2]!);

const stages: Readonly<Record<string, Stage>> = {
  convolution: (x) => normalized(layers.conv2d({ filters: 6, kernelSize: 3, padding: "same", useBias: false }), x),
  stridedConvolution: (x) => {
    const padded = apply(
      layers.zeroPadding2d({
        padding: [
          [0, 1],
          [0, 1],
        ] as never,
      }),
      x,
    );
    return spatial(x) < 2
      ? x
      : normalized(layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: "valid" }), padded);
  },
  depthwise: (x) => normalized(layers.depthwiseConv2d({ kernelSize: 3, padding: "same", useBias: false }), x),
  residual: (x) => {
    const side = normalized(layers.conv2d({ filters: x.shape[3]!, kernelSize: 1 }), x);
    return apply(layers.activation({ activation: "relu" }), apply(layers.add(), [x, side]));
  },
  excitation: (x) => {
    const pooled = apply(layers.globalAveragePooling2d({}), x);
    const gate = apply(layers.dense({ units: x.shape[3]!, activation: "sigmoid" }), pooled);
    return apply(layers.multiply(), [x, apply(layers.reshape({ targetShape: [1, 1, x.shape[3]!] }), gate)]);
  },
  branches: (x) => {
    const wide = apply(layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu" }), x);
    const pooled = apply(layers.maxPooling2d({ poolSize: 3, strides: 1, padding: "same" }), x);
    return apply(layers.concatenate(), [wide, pooled, x]);
  },
  preNormalized: (x) => apply(layers.conv2d({ filters: 4, kernelSize: 1 }), apply(layers.batchNormalization({}), x)),
  pooling: (x) => (spatial(x) < 2 ? x : apply(layers.averagePooling2d({ poolSize: 2 }), x)),
  upSampling: (x) => (spatial(x) > 8 ? x : apply(layers.upSampling2d({ size: [2, 2], interpolation: "bilinear" }), x)),
  dropout: (x) => apply(layers.dropout({ rate: 0.3 }), x),
  separable: (x) =>
    apply(layers.separableConv2d({ filters: 5, kernelSize: 3, padding: "same", activation: "swish" }), x),
};

function buildNetwork(size: number, names: readonly string[]): tf.LayersModel {
  const input = tf.input({ shape: [size, size, 3] });
  const body = names.reduce<Node>((x, name) => stages[name]!(x), input);
  const pooled = apply(layers.globalAveragePooling2d({}), body);
  const scores = apply(layers.dense({ units: 3, activation: "softmax" }), pooled);
  return tf.model({ inputs: input, outputs: [scores, body] });
}

function buildClassifier(sizePx: number): tf.LayersModel {
  const backbone = buildMobileNetV2({ sizePx, alpha: 1 });
  const pooled = apply(layers.globalAveragePooling2d({}), backbone.outputs[0]!);
  return tf.model({
    inputs: backbone.inputs,
    outputs: apply(layers.dense({ units: 3, activation: "softmax" }), pooled),
  });
}

function assertAgreement(model: tf.LayersModel, bytes: Uint8Array, seed: number): void {
  const inputs = randomInputs(model, seed);
  const expected = predict(model, inputs);
  for (const engine of engines) {
    const difference = largestDifference(expected, inferWith(engine, bytes, inputs));
    assert.ok(difference <= differenceMax, `${engine.name} differs by ${difference}`);
  }
}

describe("networks", () => {
  test(`${networks} random networks agree with TensorFlow.js`, () => {
    const names = fc.array(fc.constantFrom(...Object.keys(stages)), { minLength: 1, maxLength: 8 });
    const property = fc.property(fc.integer({ min: 4, max: 12 }), names, fc.nat(1e6), (size, chosen, seed) => {
      const model = buildNetwork(size, chosen);
      fillRandomly(model, seed);
      assertAgreement(model, convertLayersModel(model).bytes, seed);
      model.dispose();
    });
    fc.assert(property, { numRuns: networks, includeErrorInReport: true });
  });

  test("MobileNetV2 keeps no batch norm, padding or activation of its own, and agrees with TensorFlow.js", () => {
    const model = buildClassifier(96);
    fillRandomly(model, 1);
    const { bytes, report } = convertLayersModel(model);
    assert.deepEqual(report.operations, {
      CONV_2D: 35,
      DEPTHWISE_CONV_2D: 17,
      ADD: 10,
      MEAN: 1,
      RESHAPE: 1,
      FULLY_CONNECTED: 1,
      SOFTMAX: 1,
    });
    assertAgreement(model, bytes, 2);
    model.dispose();
  });

  test("MobileNetV2 at 240 pixels converts in less than 3 s to the same bytes each time", (context) => {
    const model = buildClassifier(240);
    fillRandomly(model, 3);
    const startedAtMs = performance.now();
    const { bytes } = convertLayersModel(model);
    const durationMs = performance.now() - startedAtMs;
    assert.ok(durationMs < 3000, `${durationMs} ms`);
    assert.deepEqual(convertLayersModel(model).bytes, bytes);
    context.diagnostic(`${durationMs.toFixed(0)} ms, ${bytes.length} bytes`);
    model.dispose();
  });
});
