// Float32 or int8 for the door: both versions of the trained classifier meet the validation pictures, the gate decides.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { Engine } from "../../device/vision/engine.ts";
import type { CalibrationMethod, Converted, Sample } from "../convert/convert.ts";
import { type LayerSnr, measureLayerSnr } from "../convert/layer-snr.ts";
import type { FeatureSet } from "../features/features.ts";
import { type GateVerdict, judgeInt8 } from "./accuracy-gate.ts";
import { outputsOf, quantizeBest } from "./quantize-model.ts";

export interface PrecisionReport extends GateVerdict {
  readonly calibration: CalibrationMethod["kind"];
  readonly bytes: { readonly float32: number; readonly int8: number };
  /** Largest difference of any validation score between the two. */
  readonly maxAbsDiff: number;
  /** Of the int8 version, the layers that lose most. */
  readonly layers: readonly LayerSnr[];
}

export interface PrecisionOptions {
  readonly float: Converted;
  readonly engine: Engine;
  readonly input: ModelInput;
  readonly preparedDir: string;
  readonly train: FeatureSet;
  readonly validation: FeatureSet;
  readonly owner: number;
  readonly scoreMin: number;
  readonly progress: Progress;
}

/** Training pictures that ranges are measured on, and those of them on which layers are compared. */
const calibrationPictures = 48;
const comparedPictures = 16;
const layersShown = 12;

/** The version that the gate lets through, and its report. */
export async function choosePrecision(
  options: PrecisionOptions,
): Promise<{ readonly chosen: Converted; readonly report: PrecisionReport }> {
  const { float, engine, validation, owner, scoreMin, progress } = options;
  progress.step("quantizing to int8", 2);
  const samples = await readSamples(options, spread([...new Set(options.train.pictures)], calibrationPictures));
  const int8 = quantizeBest(float, engine, samples, { io: "float32" });
  progress.advance(1, int8.method);
  const pictures = await readSamples(options, validation.pictures);
  const expected = outputsOf(engine, float, pictures);
  const found = outputsOf(engine, int8, pictures);
  const verdict = judgeInt8(expected, found, { truths: validation.truths, owner, scoreMin });
  const layers = measureLayerSnr(float.graph, int8.graph, engine, spread(samples, comparedPictures));
  progress.advance(2, verdict.chosen);
  const report: PrecisionReport = {
    ...verdict,
    calibration: int8.method,
    bytes: { float32: float.bytes.byteLength, int8: int8.bytes.byteLength },
    maxAbsDiff: largestDifference(expected, found),
    layers: layers.slice(0, layersShown),
  };
  return { chosen: verdict.chosen === "int8" ? int8 : float, report };
}

/** At most `count` items, evenly from the whole list. */
export function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.min(count, items.length);
  return Array.from({ length: taken }, (_, i) => items[Math.floor((i * items.length) / taken)]!);
}

async function readSamples({ preparedDir, input }: PrecisionOptions, pictures: readonly string[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const picture of pictures) {
    const image = await decodeJpeg(await readFile(join(preparedDir, picture)));
    const { widthPx, heightPx } = image;
    const tensor = new Float32Array(input.shape.reduce((product, size) => product * size, 1));
    fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, input, tensor);
    samples.push([tensor]);
  }
  return samples;
}

function largestDifference(expected: readonly Float32Array[], found: readonly Float32Array[]): number {
  return expected.reduce(
    (largest, values, row) =>
      values.reduce((max, value, i) => Math.max(max, Math.abs(value - found[row]![i]!)), largest),
    0,
  );
}
