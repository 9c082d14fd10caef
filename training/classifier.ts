// What the whole classifier sees, and its scores by TensorFlow.js itself.
import * as tf from "@tensorflow/tfjs-core";
import type * as layers from "@tensorflow/tfjs-layers";
import type { BackboneShape } from "./backbones/architectures.ts";

/** The notebook's input size. */
export const inputPx = 240;

/** The notebook's smaller backbone. */
export const notebookShape = { name: "mobilenet-v2", alpha: 1, sizePx: inputPx } as const satisfies BackboneShape;

/** How far the framed square reaches around the face box: hair, ears and chin, little of the room. */
export const faceMarginRatio = 1.5;

/** Smaller faces hold less than the classifier looks for. */
export const faceWidthMinPx = 40;

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
