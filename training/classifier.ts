// The whole classifier: backbone, pooling and head in one model.
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { terminalProgress } from "../device/terminal/progress.ts";
import { type Backbone, openBackbone as openBackboneOf } from "./backbones/open-backbone.ts";
import { appendHead } from "./head/head.ts";

export type { Backbone };

/** The notebook's input size. */
export const inputPx = 240;

/** How far the framed square reaches around the face box: hair, ears and chin, little of the room. */
export const faceMarginRatio = 1.5;

/** Smaller faces hold less than the classifier looks for. */
export const faceWidthMinPx = 40;

/**
 * The notebook's frozen backbone, MobileNetV2 1.0 at 240 px.
 *
 * @param weights as `openWeights` takes them; null for those that npm carries
 * @throws FacelatchError INPUT_MISSING, INPUT_INVALID
 */
export async function openBackbone(weights: string | null = null): Promise<Backbone> {
  return openBackboneOf({
    shape: { name: "mobilenet-v2", alpha: 1, sizePx: inputPx },
    weights: weights ?? "npm",
    progress: terminalProgress(),
  });
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
      const x = tf.tensor(tensor, [1, ...(classifier.inputs[0]!.shape.slice(1) as number[])]);
      return Array.from((classifier.predict(x) as tf.Tensor).dataSync());
    }),
  );
}
