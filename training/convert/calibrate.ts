// Measures the range of every tensor: the float graph runs over sample inputs with all its tensors as outputs.

import { FacelatchError } from "../../device/errors/errors.ts";
import type { Engine, Model } from "../../device/vision/engine.ts";
import type { Graph } from "./graph.ts";
import { type Range, rangeOf, uniteRanges } from "./quantization.ts";
import { writeTflite } from "./tflite-writer.ts";

/** How a range follows from what was seen. */
export type CalibrationMethod =
  | { readonly kind: "minMax" }
  /** Keeps this share of the values, half of the rest beyond each end. */
  | { readonly kind: "percentile"; readonly percent: number }
  /** The range with the least squared error of 256 steps. */
  | { readonly kind: "leastError" };

/** One inference's inputs, in the graph's order. */
export type Sample = readonly Float32Array[];

const binCount = 2048;
const steps = 255;
/** Candidates of the least-error search: an end moved to 100 %, 98 %, ... 22 % of what was seen. */
const shrinkages = Array.from({ length: 40 }, (_, i) => 1 - 0.02 * i);

/**
 * Ranges by tensor name, for the graph's inputs and every computed tensor.
 *
 * @param samples iterated twice, except for minMax
 * @throws FacelatchError INPUT_INVALID without samples, or where one does not fit the inputs
 */
export function calibrate(
  graph: Graph,
  engine: Engine,
  samples: Iterable<Sample>,
  method: CalibrationMethod,
): Map<string, Range> {
  return calibrateEach(graph, engine, samples, [method])[0]!;
}

/** The ranges of several methods, for the price of one. */
export function calibrateEach(
  graph: Graph,
  engine: Engine,
  samples: Iterable<Sample>,
  methods: readonly CalibrationMethod[],
): Map<string, Range>[] {
  const computed = graph.operations.map(({ outputs }) => outputs[0]!);
  const names = [...graph.inputs, ...computed].map((tensor) => graph.tensors[tensor]!.name);
  const model = engine.load(writeTflite({ ...graph, outputs: computed }));
  const ranges: (Range | undefined)[] = names.map(() => undefined);
  run(model, samples, (tensors) => {
    for (const [index, values] of tensors.entries()) {
      const seen = rangeOf(values);
      const before = ranges[index];
      ranges[index] = before === undefined ? seen : uniteRanges([before, seen]);
    }
  });
  const histograms = ranges.map((range) => new Histogram(range ?? refuseSamples("none")));
  if (methods.some(({ kind }) => kind !== "minMax")) {
    run(model, samples, (tensors) => {
      for (const [index, values] of tensors.entries()) histograms[index]!.add(values);
    });
  }
  return methods.map((method) => new Map(names.map((name, index) => [name, histograms[index]!.rangeBy(method)])));
}

function refuseSamples(found: string): never {
  throw new FacelatchError("INPUT_INVALID", {
    expected: "sample inputs of the shapes that the graph takes",
    found,
    next: "Calibrate with prepared pictures of the training set.",
  });
}

function run(model: Model, samples: Iterable<Sample>, see: (tensors: readonly Float32Array[]) => void): void {
  const inputs = model.inputs.map(({ data }) => data as Float32Array);
  const outputs = model.outputs.map(({ data }) => data as Float32Array);
  for (const sample of samples) {
    if (sample.length !== inputs.length || sample.some((values, i) => values.length !== inputs[i]!.length)) {
      refuseSamples(`inputs of ${sample.map(({ length }) => length).join(", ")} values`);
    }
    for (const [index, values] of sample.entries()) inputs[index]!.set(values);
    model.infer();
    see([...sample, ...outputs]);
  }
}

class Histogram {
  readonly #range: Range;
  readonly #binWidth: number;
  readonly #counts = new Float64Array(binCount);

  constructor(range: Range) {
    this.#range = range;
    this.#binWidth = (range.max - range.min) / binCount;
  }

  add(values: Float32Array): void {
    if (this.#binWidth === 0) return;
    const { min } = this.#range;
    const perUnit = 1 / this.#binWidth;
    for (const value of values) {
      const bin = Math.min(binCount - 1, Math.floor((value - min) * perUnit));
      this.#counts[bin]! += 1;
    }
  }

  rangeBy(method: CalibrationMethod): Range {
    switch (method.kind) {
      case "minMax":
        return this.#range;
      case "percentile":
        return this.#percentile(method.percent);
      case "leastError":
        return this.#leastError();
    }
  }

  #percentile(percent: number): Range {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    const tail = (total * (1 - percent / 100)) / 2;
    const binsBeyond = (counts: Float64Array): number => {
      let beyond = 0;
      const first = counts.findIndex((count) => {
        beyond += count;
        return beyond > tail;
      });
      return Math.max(0, first);
    };
    const { min, max } = this.#range;
    return {
      min: min + binsBeyond(this.#counts) * this.#binWidth,
      max: max - binsBeyond(this.#counts.toReversed()) * this.#binWidth,
    };
  }

  /** Shrinks the upper end, then the lower. */
  #leastError(): Range {
    const { min, max } = this.#range;
    const best = (candidates: readonly Range[]): Range => {
      const errors = candidates.map((range) => this.#squaredError(range));
      return candidates[errors.indexOf(Math.min(...errors))]!;
    };
    const upper = best(shrinkages.map((share) => ({ min, max: max * share })));
    return best(shrinkages.map((share) => ({ min: min * share, max: upper.max })));
  }

  /** Of storing every value at the middle of its bin: steps from zero are exact, the rest is rounded or cut. */
  #squaredError(range: Range): number {
    const low = Math.min(0, range.min);
    const high = Math.max(0, range.max);
    const step = (high - low) / steps;
    let sum = 0;
    for (let bin = 0; bin < binCount; bin++) {
      const value = this.#range.min + (bin + 0.5) * this.#binWidth;
      const kept = Math.max(low, Math.min(high, value));
      sum += this.#counts[bin]! * (value - Math.round(kept / step) * step) ** 2;
    }
    return sum;
  }
}
