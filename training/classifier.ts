// The whole classifier: backbone, pooling and head in one model, and the extractor that stops after pooling.
import { basename } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../device/bundle/manifest.ts";
import { buildMobileNetV2 } from "./backbones/mobilenet-v2.ts";
import { readSlimWeights, slimInput } from "./backbones/npy-weights.ts";
import { nsfwjsDescription, nsfwjsInput, readNsfwjsWeights } from "./backbones/nsfwjs-weights.ts";
import { type NamedWeights, setWeights } from "./backbones/weights.ts";
import { appendHead } from "./head/head.ts";

/** The notebook's input size. */
export const inputPx = 240;

/** How far the framed square reaches around the face box: hair, ears and chin, little of the room. */
export const faceMarginRatio = 1.5;

/** Smaller faces hold less than the classifier looks for. */
export const faceWidthMinPx = 40;

export interface Backbone {
  /** Input [batch, 240, 240, 3], output [batch, width]: pooled features. */
  readonly extractor: layers.LayersModel;
  readonly width: number;
  readonly input: ModelInput;
  readonly name: string;
  readonly weights: string;
}

interface PretrainedWeights {
  readonly named: NamedWeights;
  /** What they were trained on. */
  readonly pixels: Pick<ModelInput, "mean" | "scale">;
  readonly description: string;
}

/** Out of a folder of .npy files with TF-slim's names; without one, those that need no download. */
async function readPretrained(weightsDir: string | null): Promise<PretrainedWeights> {
  if (weightsDir === null) {
    return { named: await readNsfwjsWeights(), pixels: nsfwjsInput, description: nsfwjsDescription };
  }
  return { named: await readSlimWeights(weightsDir), pixels: slimInput, description: basename(weightsDir) };
}

/**
 * The frozen backbone.
 *
 * @param weightsDir holds MobileNetV2 1.0 as .npy files; null for the weights that npm carries
 * @throws FacelatchError INPUT_MISSING, INPUT_INVALID
 */
export async function openBackbone(weightsDir: string | null = null): Promise<Backbone> {
  const { named, pixels, description } = await readPretrained(weightsDir);
  const backbone = buildMobileNetV2({ sizePx: inputPx, alpha: 1 });
  setWeights(backbone, named);
  const pooled = layers.layers
    .globalAveragePooling2d({ name: "global_average_pooling2d" } as Parameters<
      typeof layers.layers.globalAveragePooling2d
    >[0])
    .apply(backbone.outputs[0]!) as layers.SymbolicTensor;
  const extractor = layers.model({ inputs: backbone.inputs, outputs: pooled, name: "extractor" });
  extractor.trainable = false;
  return {
    extractor,
    width: pooled.shape[1]!,
    input: {
      shape: [1, inputPx, inputPx, 3],
      layout: "NHWC",
      dtype: "float32",
      colour: "RGB",
      resizeKernel: "triangle",
      ...pixels,
    },
    name: `MobileNetV2 1.0, ${inputPx} px`,
    weights: description,
  };
}

/** Joins the backbone and a trained head into the model that is converted. */
export function joinClassifier(backbone: Backbone, head: layers.LayersModel, classes: number): layers.LayersModel {
  const output = appendHead(backbone.extractor.outputs[0]!, classes, 0);
  const classifier = layers.model({ inputs: backbone.extractor.inputs, outputs: output, name: "classifier" });
  for (const name of ["dense", "predictions"]) {
    classifier.getLayer(name).setWeights(head.getLayer(name).getWeights());
  }
  return classifier;
}

/**
 * Class scores of prepared input tensors by TensorFlow.js itself, to compare a conversion with.
 *
 * @param tensors each of `input.shape`
 */
export function predictWithTensorFlow(classifier: layers.LayersModel, tensors: readonly Float32Array[]): number[][] {
  return tensors.map((tensor) =>
    tf.tidy(() => {
      const x = tf.tensor4d(tensor, [1, inputPx, inputPx, 3]);
      return Array.from((classifier.predict(x) as tf.Tensor).dataSync());
    }),
  );
}
