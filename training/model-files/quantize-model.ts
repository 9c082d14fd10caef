// From a float32 conversion to its best int8 version: several calibrations are tried on the same samples.
import type { Engine } from "../../device/vision/engine.ts";
import {
  type CalibrationMethod,
  type Converted,
  calibrateEach,
  type QuantizeOptions,
  quantizeGraph,
  type Sample,
} from "../convert/convert.ts";
import { openRealModel } from "../convert/real-model.ts";

export interface Int8Candidate extends Converted {
  readonly method: CalibrationMethod["kind"];
  /** Mean squared difference of the outputs from float32's, on the samples. */
  readonly squaredError: number;
}

const methods: readonly CalibrationMethod[] = [
  { kind: "minMax" },
  { kind: "percentile", percent: 99.99 },
  { kind: "leastError" },
];

/** The int8 version, among those of all calibrations, whose outputs are nearest to float32's on the samples. */
export function quantizeBest(
  float: Converted,
  engine: Engine,
  samples: readonly Sample[],
  options: QuantizeOptions,
): Int8Candidate {
  const expected = outputsOf(engine, float, samples);
  const candidates = calibrateEach(float.graph, engine, samples, methods).map((ranges, i): Int8Candidate => {
    const converted = quantizeGraph(float.graph, ranges, options);
    const squaredError = meanSquare(expected, outputsOf(engine, converted, samples));
    return { ...converted, method: methods[i]!.kind, squaredError };
  });
  return candidates.reduce((best, candidate) => (candidate.squaredError < best.squaredError ? candidate : best));
}

/** The first output for each sample, as real numbers. */
export function outputsOf(engine: Engine, { bytes, graph }: Converted, samples: readonly Sample[]): Float32Array[] {
  const model = openRealModel(engine, bytes, graph);
  return samples.map((sample) => model.infer(sample)[0]!);
}

function meanSquare(expected: readonly Float32Array[], found: readonly Float32Array[]): number {
  let sum = 0;
  let count = 0;
  for (const [row, values] of expected.entries()) {
    for (const [i, value] of values.entries()) sum += (value - found[row]![i]!) ** 2;
    count += values.length;
  }
  return sum / count;
}
