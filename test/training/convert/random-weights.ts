// Weights and inputs from a seed: of a size that keeps activations near 1 through many layers.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { seededRandom } from "../../../training/seeded-random.ts";

/** Uniform in [-1, 1). */
export function randomValues(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => random.next() * 2 - 1);
}

export function randomInputs(model: LayersModel, seed: number): Float32Array[] {
  return model.inputs.map(({ shape }, index) => {
    const count = shape.slice(1).reduce<number>((product, size) => product * size!, 1);
    return randomValues(count, seed * 31 + index);
  });
}

/** Variances stay positive; kernels shrink with what they sum over. */
function valueScale(name: string, shape: readonly number[]): { centre: number; spread: number } {
  if (/variance/.test(name)) return { centre: 1, spread: 0.7 };
  if (/gamma/.test(name)) return { centre: 1, spread: 0.5 };
  if (/alpha/.test(name)) return { centre: 0.2, spread: 0.4 };
  if (/beta|mean|bias/.test(name)) return { centre: 0, spread: 0.4 };
  const summed = /depthwise/.test(name) ? shape.slice(0, 2) : shape.slice(0, -1);
  return { centre: 0, spread: Math.sqrt(6 / summed.reduce((product, size) => product * size, 1)) };
}

export function fillRandomly(model: LayersModel, seed: number): void {
  const random = seededRandom(seed);
  for (const layer of model.layers) {
    const weights = layer.weights.map(({ originalName, shape }) => {
      const sizes = shape as number[];
      const { centre, spread } = valueScale(originalName.split("/").at(-1)!, sizes);
      const count = sizes.reduce((product, size) => product * size, 1);
      const values = Float32Array.from({ length: count }, () => centre + spread * (random.next() * 2 - 1));
      return tf.tensor(values, sizes);
    });
    if (weights.length > 0) layer.setWeights(weights);
    tf.dispose(weights);
  }
}
