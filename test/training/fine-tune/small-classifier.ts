// A small MobileNetV2 with a head, and examples: enough of a network to compare gradients of whole engines on.
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { buildMobileNetV2 } from "../../../training/backbones/mobilenet-v2.ts";
import type { Batch, FineTuner } from "../../../training/fine-tune/fine-tuner.ts";
import { fillRandomly, randomValues } from "../convert/random-weights.ts";

export const sizePx = 32;
export const classes = 3;

/** From pictures to class scores; the head's kernels are small, so that no class wins outright. */
export function smallClassifier(seed = 3): layers.LayersModel {
  const network = buildMobileNetV2({ sizePx, alpha: 0.35 });
  fillRandomly(network, seed);
  const pooled = layers.layers.globalAveragePooling2d({}).apply(network.outputs[0]!);
  const hidden = layers.layers.dense({ units: 16, activation: "relu", name: "dense" });
  const top = layers.layers.dense({ units: classes, activation: "softmax", name: "predictions" });
  const scores = top.apply(hidden.apply(pooled)) as layers.SymbolicTensor;
  const kernel = (inputs: number, outputs: number) =>
    tf.tensor(
      randomValues(inputs * outputs, seed + outputs).map((value) => value / Math.sqrt(inputs)),
      [inputs, outputs],
    );
  hidden.setWeights([kernel(1280, 16), tf.zeros([16])]);
  top.setWeights([kernel(16, classes), tf.zeros([classes])]);
  return layers.model({ inputs: network.inputs, outputs: scores, name: "small" });
}

/** Examples for the trained part of a fine-tuner, told apart by the sign of their mean. */
export function examples(tuner: FineTuner, count: number, seed = 9): Batch {
  const values = tuner.inputValues;
  const inputs = new Float32Array(count * values);
  const truths = Array.from({ length: count }, (_, i) => i % classes);
  for (const [i, truth] of truths.entries()) {
    const noise = randomValues(values, seed * 1000 + i);
    inputs.set(
      noise.map((value) => 0.5 * value + (truth - 1)),
      i * values,
    );
  }
  return { inputs, truths };
}

/** The largest difference, relative to the largest value of the array that is right. */
export function relativeDifference(found: Float32Array, right: Float32Array): number {
  const largest = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0) / Math.max(largest, 1e-12);
}
