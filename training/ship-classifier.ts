// From the trained network to the file that is shipped: converted, compared with TensorFlow.js, quantized where allowed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { fillClassifierInput } from "../device/bundle/input-tensor.ts";
import type { Progress } from "../device/terminal/progress.ts";
import { decodeJpeg } from "../device/vision/decode-jpeg.ts";
import type { Engine } from "../device/vision/engine.ts";
import { floatTensor } from "../device/vision/float-tensor.ts";
import type { Backbone } from "./backbones/open-backbone.ts";
import { predictWithTensorFlow } from "./classifier.ts";
import { convertLayersModel } from "./convert/convert.ts";
import { withMetadata } from "./convert/metadata.ts";
import type { FeatureSet } from "./features/features.ts";
import type { Threshold } from "./metrics.ts";
import { choosePrecision, type PrecisionReport } from "./model-files/choose-precision.ts";
import { runFolder } from "./run/run-folder.ts";
import { replaceFile } from "./write-file.ts";

export interface ShipOptions {
  readonly runDir: string;
  /** Of the classes, in their order. */
  readonly labels: readonly string[];
  /** "auto" ships int8 where the accuracy gate allows it. */
  readonly quantize?: "float32" | "auto";
  readonly progress: Progress;
}

/** Pictures on which the converted model is compared with TensorFlow.js. */
const comparedPictures = 12;

/** Writes the classifier as .tflite, in the precision that is asked for or that the gate allows, and compares it. */
export async function shipClassifier(
  options: ShipOptions,
  engine: Engine,
  backbone: Backbone,
  classifier: LayersModel,
  { train, validation }: Readonly<Record<"train" | "validation", FeatureSet>>,
  { scoreMin }: Threshold,
): Promise<{ readonly maxAbsDiff: number; readonly precision: PrecisionReport | null }> {
  const { progress, runDir } = options;
  progress.step("converting to .tflite", 1);
  const float = convertLayersModel(classifier, {
    description: `Facelatch classifier: ${options.labels.join(", ")}`,
  });
  const maxAbsDiff = await compareConversion(options, engine, backbone, classifier, float.bytes, validation);
  progress.advance(1, `largest difference ${maxAbsDiff.toExponential(1)}`);
  const preparedDir = join(runDir, runFolder.prepared);
  const picked =
    options.quantize === "auto"
      ? await choosePrecision({
          float,
          engine,
          input: backbone.input,
          preparedDir,
          train,
          validation,
          owner: 0,
          scoreMin,
          progress,
        })
      : { chosen: float, report: null };
  const { mean, scale } = backbone.input;
  const file = withMetadata(picked.chosen.bytes, {
    name: "Facelatch classifier",
    description: `${backbone.name}, ${backbone.weights}`,
    labels: options.labels,
    mean,
    scale,
  });
  await replaceFile(join(runDir, runFolder.classifier), file);
  const shipped = picked.report?.chosen === "int8" ? picked.report.maxAbsDiff : maxAbsDiff;
  return { maxAbsDiff: shipped, precision: picked.report };
}

/** The largest difference of any score between the .tflite and TensorFlow.js, on validation pictures. */
async function compareConversion(
  options: ShipOptions,
  engine: Engine,
  backbone: Backbone,
  classifier: LayersModel,
  bytes: Uint8Array,
  validation: FeatureSet,
): Promise<number> {
  const model = engine.load(bytes);
  const input = floatTensor(model.inputs, backbone.input.shape);
  const stride = Math.max(1, Math.floor(validation.pictures.length / comparedPictures));
  let max = 0;
  for (const picture of validation.pictures.filter((_, i) => i % stride === 0).slice(0, comparedPictures)) {
    const image = await decodeJpeg(await readFile(join(options.runDir, runFolder.prepared, picture)));
    const { widthPx, heightPx } = image;
    fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, backbone.input, input);
    model.infer();
    const scores = model.outputs[0]!.data;
    const [expected] = predictWithTensorFlow(classifier, [input]);
    max = expected!.reduce((most, score, i) => Math.max(most, Math.abs(score - Number(scores[i]))), max);
  }
  return max;
}
