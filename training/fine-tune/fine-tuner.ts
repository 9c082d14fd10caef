// Trains the end of a network further, from the outputs of its frozen beginning, which can be computed once and kept.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";
import { throwOnDeviceFault } from "../engines/webgpu.ts";
import { Adam, type AdamState, type Parameter } from "./adam.ts";
import { copyNetwork } from "./copy-network.ts";
import { foldNorms } from "./fold-norms.ts";

export interface FineTunerOptions {
  /** From pictures to class scores (softmax), batch normalization included; it is not changed. */
  readonly classifier: LayersModel;
  /** The last layer that stays frozen, one of the architecture's `cutPoints`; null trains all of the network. */
  readonly cut: string | null;
  /** Of each layer that is trained, by its name; 0 freezes it. */
  readonly learningRate: (layerName: string) => number;
  /** How much of a label is given to all classes alike, 0 to 1. */
  readonly labelSmoothing?: number;
  /** What an example of each class counts; 1 by default. */
  readonly classWeights?: readonly number[];
}

export interface Batch {
  /** [examples, ...the trained part's input], row-major: rows of features of `frozen`, or pictures. */
  readonly inputs: Float32Array;
  /** The class of each example. */
  readonly truths: readonly number[];
}

/** Keeps logarithms finite; Keras' bound. */
const scoreMin = 1e-7;

/**
 * Networks are held by the backend that is current; it must compute gradients of convolutions: native TensorFlow,
 * WebGPU, or wasm after `registerWasmGradients`. `useTensorEngine` sees to that.
 */
export class FineTuner {
  /** From pictures to the cut, norms folded: what an extractor runs once over all pictures. Null without a cut. */
  readonly frozen: LayersModel | null;
  /** From the cut to class scores. */
  readonly trained: LayersModel;
  readonly #options: FineTunerOptions;
  readonly #parameters: readonly Parameter[];
  readonly #adam: Adam;
  readonly #classes: number;

  constructor(options: FineTunerOptions) {
    const { classifier, cut } = options;
    const folded = foldNorms(classifier);
    // With its norm folded away, a block ends with the convolution before it.
    const at = cut === null ? null : nameInFolded(classifier, folded, cut);
    this.#options = options;
    this.frozen = at === null ? null : copyNetwork(folded, { to: at, name: `${classifier.name}_frozen` });
    this.trained = copyNetwork(folded, { ...(at === null ? {} : { from: at }), name: `${classifier.name}_trained` });
    folded.dispose();
    this.#parameters = parametersOf(this.trained, options.learningRate);
    this.#adam = new Adam(this.#parameters);
    this.#classes = this.trained.outputs[0]!.shape[1]!;
  }

  /** Values of one example's input. */
  get inputValues(): number {
    return this.#inputShape.reduce((product, size) => product * size, 1);
  }

  get #inputShape(): number[] {
    return this.trained.inputs[0]!.shape.slice(1) as number[];
  }

  get steps(): number {
    return this.#adam.steps;
  }

  /**
   * One step of gradient descent; gives the batch's loss before it.
   *
   * @param rateFactor scales all learning rates, for a schedule
   * @throws FacelatchError TRAINING_FAILED when loss or gradients are no numbers; nothing was changed then
   */
  async step(batch: Batch, rateFactor = 1): Promise<number> {
    const { value, grads, size } = tf.tidy(() => {
      const result = this.#lossAndGradients(batch);
      // Activations with bounds hide what is no number from the loss, but not from the gradients.
      const squares = Object.values(result.grads).map((gradient) => tf.sum(tf.square(gradient)));
      return { ...result, size: tf.sum(tf.stack(squares)) };
    });
    const [[loss], [sum]] = await Promise.all([value.data(), size.data()]);
    size.dispose();
    throwOnDeviceFault();
    if (!Number.isFinite(loss) || !Number.isFinite(sum)) {
      tf.dispose([value, ...Object.values(grads)]);
      throw new FacelatchError("TRAINING_FAILED", {
        expected: "a loss and gradients that are numbers",
        found: `${loss} and ${sum}`,
        next: "Train with a smaller learning rate.",
      });
    }
    this.#adam.apply(grads, rateFactor);
    tf.dispose([value, ...Object.values(grads)]);
    return loss!;
  }

  /** The loss of a batch and its gradients by the variables' names; for comparing engines. */
  async gradients(batch: Batch): Promise<{ loss: number; gradients: ReadonlyMap<string, Float32Array> }> {
    const { value, grads } = tf.tidy(() => this.#lossAndGradients(batch));
    const gradients = new Map<string, Float32Array>();
    for (const { name, variable } of this.#parameters) {
      gradients.set(name, (await grads[variable.name]!.data()).slice() as Float32Array);
    }
    const [loss] = await value.data();
    tf.dispose([value, ...Object.values(grads)]);
    throwOnDeviceFault();
    return { loss: loss!, gradients };
  }

  #lossAndGradients(batch: Batch) {
    const variables = this.#parameters.map(({ variable }) => variable);
    return tf.variableGrads(() => this.#loss(batch), variables);
  }

  #loss({ inputs, truths }: Batch): tf.Scalar {
    const scores = this.trained.apply(this.#tensorOf(inputs, truths.length), { training: true }) as tf.Tensor;
    // Added, not cut off at: a maximum would hide what is no number.
    const logs = tf.log(tf.add(scores, scoreMin));
    const losses = tf.neg(tf.sum(tf.mul(this.#labelsOf(truths), logs), 1));
    const weights = tf.tensor1d(truths.map((truth) => this.#options.classWeights?.[truth] ?? 1));
    return tf.mean(tf.mul(losses, weights)) as tf.Scalar;
  }

  /** [examples, classes] */
  #labelsOf(truths: readonly number[]): tf.Tensor {
    const smoothing = this.#options.labelSmoothing ?? 0;
    const labels = new Float32Array(truths.length * this.#classes).fill(smoothing / this.#classes);
    for (const [i, truth] of truths.entries()) labels[i * this.#classes + truth]! += 1 - smoothing;
    return tf.tensor2d(labels, [truths.length, this.#classes]);
  }

  #tensorOf(inputs: Float32Array, examples: number): tf.Tensor {
    return tf.tensor(inputs, [examples, ...this.#inputShape]);
  }

  /** Class scores [examples, classes]. */
  async predict(inputs: Float32Array): Promise<Float32Array> {
    const examples = inputs.length / this.inputValues;
    const scores = tf.tidy(() => this.trained.predict(this.#tensorOf(inputs, examples)) as tf.Tensor);
    const values = (await scores.data()).slice() as Float32Array;
    scores.dispose();
    throwOnDeviceFault();
    return values;
  }

  /** Everything that a step changes: restored, later steps are the same to the last bit. */
  async save(): Promise<AdamState> {
    return this.#adam.save();
  }

  restore(state: AdamState): void {
    this.#adam.restore(state);
  }

  /** The whole network, from pictures to class scores, as trained so far; without batch normalization. */
  join(): LayersModel {
    if (this.frozen === null) return copyNetwork(this.trained);
    const beginning = copyNetwork(this.frozen);
    return copyNetwork(this.trained, { onto: beginning.outputs[0]!, name: "classifier" });
  }

  dispose(): void {
    this.#adam.dispose();
    this.frozen?.dispose();
    this.trained.dispose();
  }
}

function nameInFolded(classifier: LayersModel, folded: LayersModel, cut: string): string {
  if (folded.layers.some(({ name }) => name === cut)) return cut;
  const [node] = classifier.getLayer(cut).inboundNodes;
  return node!.inboundLayers[0]!.name;
}

function parametersOf(trained: LayersModel, learningRateOf: FineTunerOptions["learningRate"]): Parameter[] {
  return trained.layers.flatMap((layer) => {
    const learningRate = learningRateOf(layer.name);
    if (learningRate === 0) return [];
    return layer.trainableWeights.map((weight) => ({
      name: `${layer.name}/${weight.originalName.split("/").at(-1)}`,
      variable: weight.read() as tf.Variable,
      learningRate,
    }));
  });
}
