// The scores of the whole classifier by TensorFlow.js itself.
import * as tf from "@tensorflow/tfjs-core";
import type * as layers from "@tensorflow/tfjs-layers";

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
