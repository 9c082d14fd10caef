// Every operator, on random shapes, strides, paddings and weights: the real runtime agrees with TensorFlow.js.
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { calibrate, convertLayersModel, quantizeGraph } from "../../../training/convert/convert.ts";
import { buildCase, operatorCases } from "./operator-cases.ts";
import { randomInputs } from "./random-weights.ts";
import { engines, inferWith, largestDifference, plainEngine, predict } from "./runtimes.ts";

const differenceMax = 1e-4;
/** Of int8, as a share of the output's range: three roundings of 1/255 and what small kernels lose. */
const int8DifferenceMax = 0.1;
const graphs = Number(process.env["FACELATCH_CONVERT_GRAPHS"] ?? 150);
const graphsEach = Math.ceil(graphs / Object.keys(operatorCases).length);
const seeds = fc.integer({ min: 1, max: 1e6 });

describe(`operators in float32, ${graphsEach} graphs each`, () => {
  for (const [name, cases] of Object.entries(operatorCases)) {
    test(name, (context) => {
      let largest = 0;
      const before = tf.memory().numTensors;
      const property = fc.property(cases, seeds, (operatorCase, seed) => {
        const model = buildCase(operatorCase, seed);
        try {
          const inputs = randomInputs(model, seed);
          const expected = predict(model, inputs);
          const { bytes } = convertLayersModel(model);
          for (const engine of engines) {
            const difference = largestDifference(expected, inferWith(engine, bytes, inputs));
            assert.ok(difference <= differenceMax, `${engine.name} differs by ${difference}`);
            largest = Math.max(largest, difference);
          }
        } finally {
          model.dispose();
        }
      });
      fc.assert(property, { numRuns: graphsEach, includeErrorInReport: true });
      assert.equal(tf.memory().numTensors, before, "converting and predicting leave no tensors behind");
      context.diagnostic(`largest difference ${largest.toExponential(1)}`);
    });
  }
});

describe(`operators in int8, ${graphsEach} graphs each`, () => {
  for (const [name, cases] of Object.entries(operatorCases)) {
    test(name, (context) => {
      let largest = 0;
      const property = fc.property(cases, seeds, (operatorCase, seed) => {
        const model = buildCase(operatorCase, seed);
        try {
          const samples = Array.from({ length: 4 }, (_, i) => randomInputs(model, seed + i));
          const { graph, bytes } = convertLayersModel(model);
          const quantized = quantizeGraph(graph, calibrate(graph, plainEngine, samples, { kind: "minMax" }), {
            io: "float32",
          });
          const expected = inferWith(plainEngine, bytes, samples[0]!);
          for (const engine of engines) {
            const found = inferWith(engine, quantized.bytes, samples[0]!);
            const range = Math.max(1, ...expected.flatMap((values) => [...values].map(Math.abs)));
            const share = largestDifference(expected, found) / range;
            assert.ok(share <= int8DifferenceMax, `${engine.name} differs by ${share} of the range`);
            largest = Math.max(largest, share);
          }
        } finally {
          model.dispose();
        }
      });
      fc.assert(property, { numRuns: graphsEach, includeErrorInReport: true });
      context.diagnostic(`largest difference ${(100 * largest).toFixed(1)} % of the range`);
    });
  }
});
