// Named weights, and their way into a model of the same names.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";

export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** By Keras' names: `Conv1/kernel`, `bn_Conv1/moving_mean`. */
export type NamedWeights = ReadonlyMap<string, Weight>;

/**
 * Sets every weight of the model by its name.
 *
 * @throws FacelatchError INPUT_INVALID for a weight that is missing or has another shape, before any is set
 */
export function setWeights(model: LayersModel, weights: NamedWeights): void {
  const planned = model.layers.map((layer) => ({
    layer,
    values: layer.weights.map((variable) => {
      const name = `${layer.name}/${variable.originalName.split("/").at(-1)}`;
      const weight = weights.get(name);
      if (weight === undefined || weight.shape.join() !== variable.shape.join()) {
        throw new FacelatchError("INPUT_INVALID", {
          expected: `the weight ${name} of shape [${variable.shape.join(", ")}]`,
          found: weight === undefined ? "no weight of that name" : `shape [${weight.shape.join(", ")}]`,
          next: "Choose the weights that belong to this backbone and width.",
        });
      }
      return weight;
    }),
  }));
  for (const { layer, values } of planned) {
    if (values.length === 0) continue;
    const tensors = values.map(({ values: data, shape }) => tf.tensor(data, [...shape]));
    layer.setWeights(tensors);
    tf.dispose(tensors);
  }
}
