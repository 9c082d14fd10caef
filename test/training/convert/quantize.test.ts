// Quantization: ranges, scales, guards, and how far the answers move.
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import fc from "fast-check";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import {
  type CalibrationMethod,
  type Converted,
  calibrate,
  convertLayersModel,
  quantizeGraph,
  shrinkWeights,
} from "../../../training/convert/convert.ts";
import { asymmetric, storeInt8, toFloat16Bits } from "../../../training/convert/quantization.ts";
import { fillRandomly, randomInputs, randomValues } from "./random-weights.ts";
import { engines, fastEngine, inferWith, largestDifference, plainEngine } from "./runtimes.ts";

const { layers } = tf;
type Node = tf.SymbolicTensor;
const apply = (layer: unknown, inputs: Node | readonly Node[]) =>
  (layer as { apply(x: typeof inputs): Node }).apply(inputs);

function classifier(): {
  readonly converted: Converted;
  readonly samples: Float32Array[][];
  readonly expected: Float32Array[][];
} {
  const backbone = buildMobileNetV2({ sizePx: 64, alpha: 0.35 });
  const pooled = apply(layers.globalAveragePooling2d({}), backbone.outputs[0]!);
  const model = tf.model({
    inputs: backbone.inputs,
    outputs: apply(layers.dense({ units: 3, activation: "softmax" }), pooled),
  });
  fillRandomly(model, 11);
  const converted = convertLayersModel(model);
  const samples = Array.from({ length: 8 }, (_, i) => randomInputs(model, i + 1));
  const expected = samples.map((sample) => inferWith(fastEngine, converted.bytes, sample));
  model.dispose();
  return { converted, samples, expected };
}

const { converted, samples, expected } = classifier();

describe("int8", () => {
  const methods: readonly CalibrationMethod[] = [
    { kind: "minMax" },
    { kind: "percentile", percent: 99.99 },
    { kind: "leastError" },
  ];
  for (const method of methods) {
    test(`MobileNetV2 calibrated by ${method.kind} answers close to float32 at 40 % of the size`, (context) => {
      const ranges = calibrate(converted.graph, fastEngine, samples, method);
      const { bytes } = quantizeGraph(converted.graph, ranges, { io: "float32" });
      assert.ok(bytes.length < converted.bytes.length * 0.4, `${bytes.length} of ${converted.bytes.length} bytes`);
      for (const engine of engines) {
        const found = samples.flatMap((sample) => [...inferWith(engine, bytes, sample)[0]!]);
        const differences = expected.flatMap(([scores]) => [...scores!]).map((score, i) => Math.abs(score - found[i]!));
        const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
        assert.ok(mean < 0.08, `${engine.name} differs by ${mean}`);
        context.diagnostic(`${engine.name} differs by ${mean.toFixed(3)} on average`);
      }
    });
  }

  test("int8 inputs and outputs are stored values of the stated scale", () => {
    const ranges = calibrate(converted.graph, fastEngine, samples, { kind: "minMax" });
    const { bytes, graph } = quantizeGraph(converted.graph, ranges, { io: "int8" });
    const { scales, zeroPoints } = graph.tensors[graph.inputs[0]!]!.quantization!;
    const stored = Int8Array.from(samples[0]![0]!, (value) => Math.round(value / scales[0]! + zeroPoints[0]!));
    const model = plainEngine.load(bytes);
    assert.deepEqual([model.inputs[0]!.dtype, model.outputs[0]!.dtype], ["int8", "int8"]);
    const [scores] = inferWith(plainEngine, bytes, [stored]);
    const real = scores!.map((value) => (value + 128) / 256);
    assert.ok(largestDifference(expected[0]!, [real]) < 0.25);
  });

  test("kernels have a scale for each output channel, dense kernels one", () => {
    const ranges = calibrate(converted.graph, fastEngine, samples, { kind: "minMax" });
    const { graph } = quantizeGraph(converted.graph, ranges, { io: "float32" });
    for (const { kind, inputs } of graph.operations) {
      const kernel = graph.tensors[inputs[1] ?? -1];
      if (kind === "CONV_2D") assert.equal(kernel!.quantization!.scales.length, kernel!.shape[0]);
      if (kind === "DEPTHWISE_CONV_2D") assert.equal(kernel!.quantization!.scales.length, kernel!.shape[3]);
      if (kind === "FULLY_CONNECTED") assert.equal(kernel!.quantization!.scales.length, 1);
    }
  });

  test("a channel whose kernel is almost zero keeps its bias", () => {
    const input = tf.input({ shape: [4, 4, 2] });
    const layer = layers.conv2d({ filters: 2, kernelSize: 1 });
    const model = tf.model({ inputs: input, outputs: apply(layer, input) });
    fillRandomly(model, 1);
    const { graph } = convertLayersModel(model);
    const weights = graph.tensors.map((tensor) => {
      if (tensor.name.endsWith("/kernel")) return { ...tensor, data: Float32Array.of(1e-12, 1e-12, 0.5, -0.5) };
      return tensor.name.endsWith("/bias") ? { ...tensor, data: Float32Array.of(0.75, 0.25) } : tensor;
    });
    const dead = { ...graph, tensors: weights };
    const picture = [randomValues(32, 1)];
    const ranges = calibrate(dead, plainEngine, [picture], { kind: "minMax" });
    const { bytes } = quantizeGraph(dead, ranges, { io: "float32" });
    for (const engine of engines) {
      const [values] = inferWith(engine, bytes, [picture[0]!]);
      const kept = values!.filter((_, i) => i % 2 === 0);
      assert.ok(
        kept.every((value) => Math.abs(value - 0.75) < 0.01),
        engine.name,
      );
    }
  });

  test("the parts of a concatenation share its scale", () => {
    const input = tf.input({ shape: [6, 6, 3] });
    const convolved = apply(layers.conv2d({ filters: 2, kernelSize: 1 }), input);
    const gate = apply(layers.activation({ activation: "sigmoid" }), convolved);
    const model = tf.model({ inputs: input, outputs: apply(layers.concatenate(), [input, convolved, gate]) });
    fillRandomly(model, 2);
    const { graph } = convertLayersModel(model);
    const ranges = calibrate(graph, plainEngine, [randomInputs(model, 1)], { kind: "minMax" });
    const quantized = quantizeGraph(graph, ranges, { io: "int8" }).graph;
    const concatenation = quantized.operations.find(({ kind }) => kind === "CONCATENATION")!;
    const scales = [...concatenation.inputs, ...concatenation.outputs].map(
      (tensor) => quantized.tensors[tensor]!.quantization,
    );
    for (const scale of scales) assert.deepEqual(scale, scales[0]);
  });

  test("sums and products of vanishing values load in both runtimes", () => {
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const model = tf.model({
      inputs: [a, b],
      outputs: [apply(layers.add(), [a, b]), apply(layers.multiply(), [a, b])],
    });
    const { graph } = convertLayersModel(model);
    for (const [one, other] of [
      [1, 1e-7],
      [1e-9, 3],
      [0, 0],
      [0, 1],
      [1e-7, 1e-7],
    ] as const) {
      const sample = [new Float32Array(4).fill(one), new Float32Array(4).fill(-other)];
      const ranges = calibrate(graph, plainEngine, [sample], { kind: "minMax" });
      const { bytes } = quantizeGraph(graph, ranges, { io: "float32" });
      for (const engine of engines) {
        const [sum, product] = inferWith(engine, bytes, sample);
        assert.ok(
          Math.abs(sum![0]! - (one - other)) <= 0.01 * Math.max(one, other) + 1e-6,
          `${engine.name} ${one} ${other}`,
        );
        assert.ok(Math.abs(product![0]! + one * other) <= 1e-5, `${engine.name} ${one} ${other}`);
      }
    }
  });

  test("a missing range and missing samples are named", () => {
    const isInvalid = (error: unknown) => error instanceof FacelatchError && error.code === "INPUT_INVALID";
    assert.throws(() => quantizeGraph(converted.graph, new Map(), { io: "int8" }), isInvalid);
    assert.throws(() => calibrate(converted.graph, plainEngine, [], { kind: "minMax" }), isInvalid);
    assert.throws(
      () => calibrate(converted.graph, plainEngine, [[new Float32Array(3)]], { kind: "minMax" }),
      isInvalid,
    );
  });
});

describe("calibration", () => {
  const input = tf.input({ shape: [20_000] });
  const model = tf.model({ inputs: input, outputs: apply(layers.reLU(), input) });
  const { graph } = convertLayersModel(model);
  const name = graph.tensors[graph.inputs[0]!]!.name;
  // Many values up to 1, and a single larger one.
  const values = randomValues(20_000, 1).with(17, 5);
  const rangeBy = (method: CalibrationMethod) => calibrate(graph, plainEngine, [[values]], method).get(name)!;

  test("minMax keeps every value, percentile cuts what is rare", () => {
    const full = rangeBy({ kind: "minMax" });
    assert.deepEqual(full, { min: Math.min(...values), max: Math.max(...values) });
    const most = rangeBy({ kind: "percentile", percent: 99 });
    const within = values.filter((value) => value >= most.min && value <= most.max).length;
    assert.ok(within >= 0.985 * values.length && within <= 0.995 * values.length, `${within} values`);
    const all = rangeBy({ kind: "percentile", percent: 100 });
    assert.ok(all.max > full.max * 0.99 && all.min < full.min * 0.99);
  });

  test("least error stores the values with less error than minMax", () => {
    const errorOf = (method: CalibrationMethod): number => {
      const quantization = asymmetric(rangeBy(method));
      const stored = storeInt8(values, quantization);
      const real = (index: number) => (stored[index]! - quantization.zeroPoints[0]!) * quantization.scales[0]!;
      return values.reduce((sum, value, index) => sum + (value - real(index)) ** 2, 0);
    };
    assert.ok(errorOf({ kind: "leastError" }) < errorOf({ kind: "minMax" }));
  });
});

describe("smaller weights", () => {
  test("float16 halves the file and barely moves the answers", () => {
    const { bytes } = shrinkWeights(converted.graph, "float16");
    assert.ok(bytes.length < converted.bytes.length * 0.6);
    for (const engine of engines) {
      for (const [i, sample] of samples.entries()) {
        assert.ok(largestDifference(expected[i]!, inferWith(engine, bytes, sample)) < 0.02, engine.name);
      }
    }
  });

  test("int8 weights alone shrink the file to a third and still answer", () => {
    const { bytes } = shrinkWeights(converted.graph, "int8");
    assert.ok(bytes.length < converted.bytes.length * 0.4);
    for (const [i, sample] of samples.entries()) {
      assert.ok(largestDifference(expected[i]!, inferWith(plainEngine, bytes, sample)) < 0.25);
    }
  });

  test("half floats are the nearest ones", () => {
    const toFloat = (bits: number): number => {
      const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
      return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
    };
    for (let bits = 0; bits < 0x7c00; bits++) assert.equal(toFloat16Bits(toFloat(bits)), bits);
    const property = fc.property(fc.float({ min: -65519, max: 65519, noNaN: true }), (value) => {
      const bits = toFloat16Bits(value);
      const error = Math.abs(toFloat(bits) - value);
      assert.ok(error <= Math.abs(toFloat(bits - 1) - value) || (bits & 0x7fff) === 0);
      assert.ok(error <= Math.abs(toFloat(bits + 1) - value));
    });
    fc.assert(property);
    assert.deepEqual([1e6, -1e6, Number.NaN].map(toFloat16Bits), [0x7c00, 0xfc00, 0x7e00]);
  });

  test("a range that leaves out zero is widened to it, and zero is stored exactly", () => {
    const property = fc.property(
      fc.float({ noNaN: true, min: -1e6, max: 1e6 }),
      fc.float({ noNaN: true, min: -1e6, max: 1e6 }),
      (a, b) => {
        const { scales, zeroPoints } = asymmetric({ min: Math.min(a, b), max: Math.max(a, b) });
        assert.ok(scales[0]! > 0);
        assert.ok(Number.isInteger(zeroPoints[0]) && zeroPoints[0]! >= -128 && zeroPoints[0]! <= 127);
        const reach = (stored: number) => (stored - zeroPoints[0]!) * scales[0]!;
        assert.ok(reach(-128) <= Math.min(0, a, b) + scales[0]! && reach(127) >= Math.max(0, a, b) - scales[0]!);
      },
    );
    fc.assert(property);
  });
});
