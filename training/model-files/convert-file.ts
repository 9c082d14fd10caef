// Conversion of a saved model in the precision that is asked for, and its comparison with TensorFlow.js.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import { centreSquare } from "../../device/bundle/resample.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Engine } from "../../device/vision/engine.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import {
  type CalibrationMethod,
  type Converted,
  convertLayersModel,
  type QuantizeOptions,
  type Sample,
  shrinkWeights,
} from "../convert/convert.ts";
import { type LayerSnr, measureLayerSnr } from "../convert/layer-snr.ts";
import { withMetadata } from "../convert/metadata.ts";
import { openRealModel } from "../convert/real-model.ts";
import { listPhotos } from "../dataset/list-photos.ts";
import { readPhoto } from "../dataset/photo.ts";
import { indexOfMax } from "../metrics.ts";
import { seededRandom } from "../seeded-random.ts";
import { useMemoryBackend, useWasmBackend } from "../tensor-backend.ts";
import { type GateVerdict, judgeInt8 } from "./accuracy-gate.ts";
import { spread } from "./choose-precision.ts";
import { readLayersModel } from "./layers-model-file.ts";
import { outputsOf, quantizeBest } from "./quantize-model.ts";

export const precisions = ["float32", "float16", "dynamic", "int8", "auto"] as const;
export type Precision = (typeof precisions)[number];

export interface FileConversionOptions {
  readonly modelPath: string;
  readonly outPath: string;
  /** "dynamic" stores kernels as int8 and computes in float32; "auto" is int8 where the gate allows it. */
  readonly quantize: Precision;
  /** Photos that int8 is calibrated on and judged by; null without. */
  readonly calibrationDir: string | null;
  readonly io: QuantizeOptions["io"];
  /** The model takes (value - mean) / scale of 8-bit values. */
  readonly pixels: Pick<ModelInput, "mean" | "scale">;
  /** Of the classes, stored in the file's metadata with the pixels; null for a file without metadata. */
  readonly labels: readonly string[] | null;
}

export interface FileConversion {
  readonly bytes: number;
  /** Over the compared inputs, between TensorFlow.js and the file. */
  readonly maxAbsDiff: number;
  /** Share of inputs for which both have the same highest output; for int8, of the validation photos. */
  readonly agreement: number;
  /** From the model in memory to the file's bytes. */
  readonly durationMs: number;
  /** Of the whole process, until the file's bytes were there; the model is compared after that. */
  readonly peakRssBytes: number;
  /** The same before it read the model. */
  readonly baseRssBytes: number;
  readonly chosen: Exclude<Precision, "auto">;
  readonly int8: Int8Report | null;
}

/** How the int8 version fared, chosen or not. */
export interface Int8Report extends GateVerdict {
  readonly calibration: CalibrationMethod["kind"];
  readonly calibrationPhotos: number;
  readonly bytes: number;
  /** All layers, what loses most first. */
  readonly layers: readonly LayerSnr[];
}

const comparedInputs = 8;
const calibrationPhotosMax = 64;
const validationPhotosMax = 400;
const layerPhotos = 8;

/**
 * Converts and writes the file, unless the model holds what cannot be converted.
 *
 * @throws FacelatchError INPUT_MISSING, INPUT_INVALID, CONVERT_UNSUPPORTED, USAGE or MODEL_INVALID
 */
export async function convertFile(options: FileConversionOptions): Promise<FileConversion> {
  await useMemoryBackend();
  const baseRssBytes = peakRss();
  const model = await readLayersModel(options.modelPath);
  const startMs = performance.now();
  const float = convertLayersModel(model, { description: model.name });
  const converted = await convertTo(options, model, float);
  const durationMs = performance.now() - startMs - converted.judgingMs;
  const peakRssBytes = peakRss();
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  await useWasmBackend();
  const compared = compare(model, engine, converted.file, converted.samples);
  const bytes = describeInside(options, model.name, converted.file.bytes);
  await writeFile(options.outPath, bytes);
  const { int8, chosen } = converted;
  return {
    bytes: bytes.byteLength,
    maxAbsDiff: compared.maxAbsDiff,
    agreement: chosen === "int8" && int8 !== null ? int8.agreement.value : compared.agreement,
    durationMs,
    peakRssBytes,
    baseRssBytes,
    chosen,
    int8,
  };
}

/** Linux counts in resourceUsage() what the parent process had when it started this one; its own status does not. */
function peakRss(): number {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes));
}

function describeInside({ labels, pixels }: FileConversionOptions, name: string, bytes: Uint8Array): Uint8Array {
  if (labels === null) return bytes;
  return withMetadata(bytes, { name, description: "Converted by Facelatch", labels, ...pixels });
}

interface ChosenFile {
  readonly file: Converted;
  readonly chosen: FileConversion["chosen"];
  readonly int8: Int8Report | null;
  /** What the file is compared on; empty for random inputs. */
  readonly samples: readonly Sample[];
  /** Time that reading photos and the gate took. */
  readonly judgingMs: number;
}

async function convertTo(options: FileConversionOptions, model: LayersModel, float: Converted): Promise<ChosenFile> {
  const { quantize } = options;
  const alone = { int8: null, samples: [], judgingMs: 0 };
  if (quantize === "float32") return { file: float, chosen: "float32", ...alone };
  if (quantize === "float16") return { file: shrinkWeights(float.graph, "float16"), chosen: "float16", ...alone };
  if (quantize === "dynamic") return { file: shrinkWeights(float.graph, "int8"), chosen: "dynamic", ...alone };
  const startMs = performance.now();
  const { calibration, validation } = await readCalibration(options, model);
  const readMs = performance.now() - startMs;
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const candidate = quantizeBest(float, engine, calibration, { io: options.io });
  const judgedAtMs = performance.now();
  const verdict = judgeInt8(outputsOf(engine, float, validation), outputsOf(engine, candidate, validation), null);
  const layers = measureLayerSnr(float.graph, candidate.graph, engine, spread(validation, layerPhotos));
  const int8: Int8Report = {
    ...verdict,
    calibration: candidate.method,
    calibrationPhotos: calibration.length,
    bytes: candidate.bytes.byteLength,
    layers,
  };
  const chosen = quantize === "int8" ? "int8" : verdict.chosen;
  const judgingMs = readMs + performance.now() - judgedAtMs;
  return { file: chosen === "int8" ? candidate : float, chosen, int8, samples: validation, judgingMs };
}

/** Every other photo calibrates, the rest judges: a range must not be chosen by the pictures that it is judged by. */
async function readCalibration({ calibrationDir, pixels }: FileConversionOptions, model: LayersModel) {
  const photos = calibrationDir === null ? [] : await listPhotos(calibrationDir);
  if (calibrationDir === null || photos.length < 2) {
    throw new FacelatchError("USAGE", {
      expected: "--calibration with a folder of at least 2 photos, as the model will see them",
      found: calibrationDir === null ? "none" : `${photos.length} photos in ${calibrationDir}`,
      next: "int8 measures the range of every tensor on them, and the gate judges by them.",
    });
  }
  const input = pictureInput(model, pixels);
  const read = async (remainder: number, count: number): Promise<Sample[]> => {
    const samples: Sample[] = [];
    for (const photo of spread(
      photos.filter((_, i) => i % 2 === remainder),
      count,
    )) {
      samples.push([await readSquare(join(calibrationDir, photo), input)]);
    }
    return samples;
  };
  return { calibration: await read(0, calibrationPhotosMax), validation: await read(1, validationPhotosMax) };
}

function pictureInput(model: LayersModel, { mean, scale }: FileConversionOptions["pixels"]): ModelInput {
  const [, heightPx, widthPx, channels] = model.inputs[0]!.shape;
  if (model.inputs.length !== 1 || typeof heightPx !== "number" || typeof widthPx !== "number" || channels !== 3) {
    throw new FacelatchError("INPUT_INVALID", {
      expected: "a model of one input [batch, height, width, 3], for photos to be fed to it",
      found: model.inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" and "),
      next: "Convert with --quantize float32, float16 or dynamic.",
    });
  }
  const shape: ModelInput["shape"] = [1, heightPx, widthPx, 3];
  return { shape, layout: "NHWC", dtype: "float32", colour: "RGB", resizeKernel: "triangle", mean, scale };
}

/** The photo's middle square as an input tensor. */
export async function readSquare(path: string, input: ModelInput): Promise<Float32Array> {
  const image = await readPhoto(path);
  const tensor = new Float32Array(input.shape.reduce((product, size) => product * size, 1));
  fillClassifierInput(image, centreSquare(image), input, tensor);
  return tensor;
}

function compare(model: LayersModel, engine: Engine, { bytes, graph }: Converted, samples: readonly Sample[]) {
  const converted = openRealModel(engine, bytes, graph);
  const random = seededRandom(1);
  const shapes = model.inputs.map(({ shape }) => shape.map((size) => size ?? 1));
  const drawn = (): Sample =>
    shapes.map((shape) =>
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 2 * random.next() - 1),
    );
  const compared = samples.length > 0 ? spread(samples, comparedInputs) : Array.from({ length: comparedInputs }, drawn);
  let maxAbsDiff = 0;
  let same = 0;
  for (const sample of compared) {
    const found = converted.infer(sample);
    const expected = tf.tidy(() => {
      const inputs = sample.map((values, i) => tf.tensor(values, shapes[i]));
      return [model.predict(inputs)].flat().map((output) => output.dataSync());
    });
    for (const [output, values] of expected.entries()) {
      for (const [i, value] of values.entries()) {
        maxAbsDiff = Math.max(maxAbsDiff, Math.abs(value - found[output]![i]!));
      }
    }
    if (indexOfMax(expected[0]!) === indexOfMax(found[0]!)) same++;
  }
  return { maxAbsDiff, agreement: same / compared.length };
}
