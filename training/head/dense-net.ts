// The head's arithmetic: one or two dense layers with softmax, forward and backward, on TensorFlow.js' current backend.
import * as tf from "@tensorflow/tfjs-core";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";

export interface DenseShape {
  /** Values of a row of features. */
  readonly inputs: number;
  /** Units of the layer with relu before the last; 0 for none. */
  readonly hidden: number;
  readonly classes: number;
}

/** Kernels [inputs, outputs] in row-major order, and biases: first the hidden layer's, if there is one. */
export type Parameters = readonly Float32Array[];

/** Sizes of the parameters, in their order. */
export function parameterShapes({ inputs, hidden, classes }: DenseShape): number[][] {
  if (hidden === 0) return [[inputs, classes], [classes]];
  return [[inputs, hidden], [hidden], [hidden, classes], [classes]];
}

/** Kernels drawn as Keras does (Glorot's uniform), biases of zero. */
export function drawParameters(shape: DenseShape, seed: number): Float32Array[] {
  const random = seededRandom(seed);
  return parameterShapes(shape).map((sizes) => {
    const values = new Float32Array(sizes.reduce((product, size) => product * size, 1));
    if (sizes.length === 1) return values;
    const limit = Math.sqrt(6 / (sizes[0]! + sizes[1]!));
    return values.map(() => (2 * random.next() - 1) * limit);
  });
}

/** A batch of rows with what they should be. */
export interface Batch {
  /** [rows, inputs] */
  readonly values: Float32Array;
  /** [rows, classes] */
  readonly targets: Float32Array;
  /** Of each row, how much its loss counts. */
  readonly weights: Float32Array;
}

export interface BatchResult {
  /** Class scores, [rows, classes]. */
  readonly scores: Float32Array;
  /** Weighted cross-entropy, summed over the rows. */
  readonly lossSum: number;
  /** Of the mean loss, in the order of the parameters. */
  readonly gradients: readonly Float32Array[];
}

/** Scores of rows, [rows, classes]. */
export function infer(shape: DenseShape, parameters: Parameters, values: Float32Array): Float32Array {
  return tidied(() => scoresOf(forward(shape, parameters, values, null).logits));
}

/** Frees what was made on the way. The library's own tidy() looks through every number of a result for tensors. */
function tidied<T>(compute: () => T): T {
  let result: T | undefined;
  tf.tidy(() => {
    result = compute();
  });
  return result as T;
}

interface Forward {
  readonly x: tf.Tensor2D;
  /** After relu and dropout; null without a hidden layer. */
  readonly hidden: tf.Tensor2D | null;
  readonly logits: tf.Tensor2D;
}

function forward(shape: DenseShape, parameters: Parameters, values: Float32Array, kept: Float32Array | null): Forward {
  const { inputs, hidden, classes } = shape;
  const x = tf.tensor2d(values, [values.length / inputs, inputs]);
  const [kernel, bias] = parameters.slice(-2) as [Float32Array, Float32Array];
  if (hidden === 0) {
    return { x, hidden: null, logits: dense(x, kernel, bias, classes) };
  }
  let activated = tf.relu(dense(x, parameters[0]!, parameters[1]!, hidden));
  if (kept !== null) activated = tf.mul(activated, tf.tensor2d(kept, [x.shape[0], hidden]));
  return { x, hidden: activated, logits: dense(activated, kernel, bias, classes) };
}

function dense(x: tf.Tensor2D, kernel: Float32Array, bias: Float32Array, units: number): tf.Tensor2D {
  return tf.add(tf.matMul(x, tf.tensor2d(kernel, [x.shape[1], units])), tf.tensor1d(bias));
}

/** Softmax in double precision, row by row. */
function scoresOf(logits: tf.Tensor2D): Float32Array {
  const values = logits.dataSync<"float32">();
  const [rows, classes] = logits.shape;
  const scores = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * classes, (row + 1) * classes);
    const highest = Math.max(...own);
    const sum = own.reduce((total, value) => total + Math.exp(value - highest), 0);
    own.forEach((value, i) => {
      scores[row * classes + i] = Math.exp(value - highest) / sum;
    });
  }
  return scores;
}

/**
 * Loss and gradients of a batch.
 *
 * @param dropout share of the hidden units (without them: of the inputs, which must be centred) that is left out
 */
export function learn(
  shape: DenseShape,
  parameters: Parameters,
  batch: Batch,
  dropout: number,
  random: SeededRandom,
): BatchResult {
  const { hidden, classes } = shape;
  const rows = batch.weights.length;
  const kept = dropout === 0 ? null : dropoutMask(rows * (hidden === 0 ? shape.inputs : hidden), dropout, random);
  const values = hidden === 0 && kept !== null ? batch.values.map((value, i) => value * kept[i]!) : batch.values;
  return tidied(() => {
    const through = forward(shape, parameters, values, hidden === 0 ? null : kept);
    const scores = scoresOf(through.logits);
    const { lossSum, slopes } = crossEntropy(scores, batch, classes);
    const slope = tf.tensor2d(slopes, [rows, classes]);
    const gradients = gradientsOf(shape, parameters, through, slope, kept);
    return { scores, lossSum, gradients };
  });
}

function dropoutMask(count: number, dropout: number, random: SeededRandom): Float32Array {
  const mask = new Float32Array(count);
  for (let i = 0; i < count; i++) mask[i] = random.next() < dropout ? 0 : 1 / (1 - dropout);
  return mask;
}

/** The loss, and its slope by the logits, already divided by the number of rows. */
function crossEntropy(
  scores: Float32Array,
  { targets, weights }: Batch,
  classes: number,
): { readonly lossSum: number; readonly slopes: Float32Array } {
  const slopes = new Float32Array(scores.length);
  let lossSum = 0;
  for (let i = 0; i < scores.length; i++) {
    const weight = weights[Math.floor(i / classes)]!;
    lossSum -= weight * targets[i]! * Math.log(Math.max(1e-7, scores[i]!));
    slopes[i] = (weight * (scores[i]! - targets[i]!)) / weights.length;
  }
  return { lossSum, slopes };
}

function gradientsOf(
  { hidden }: DenseShape,
  parameters: Parameters,
  through: Forward,
  slope: tf.Tensor2D,
  kept: Float32Array | null,
): Float32Array[] {
  const last = through.hidden ?? through.x;
  const lastGradients = [kernelGradient(last, slope), columnSums(slope)];
  if (through.hidden === null) return lastGradients;
  const [rows, classes] = slope.shape;
  const kernel = tf.tensor2d(parameters[2]!, [hidden, classes]);
  let inner: tf.Tensor2D = tf.matMul(slope, tf.transpose(kernel));
  inner = tf.mul(inner, tf.cast(tf.greater(through.hidden, 0), "float32"));
  if (kept !== null) inner = tf.mul(inner, tf.tensor2d(kept, [rows, hidden]));
  return [kernelGradient(through.x, inner), columnSums(inner), ...lastGradients];
}

/** The backend multiplies transposed matrices slowly: this transposes the small one, and the result while copying. */
function kernelGradient(x: tf.Tensor2D, slope: tf.Tensor2D): Float32Array {
  const [inputs, units] = [x.shape[1], slope.shape[1]];
  const turned = tf.matMul(tf.transpose(slope), x).dataSync<"float32">();
  const gradient = new Float32Array(inputs * units);
  for (let unit = 0; unit < units; unit++) {
    for (let input = 0; input < inputs; input++) gradient[input * units + unit] = turned[unit * inputs + input]!;
  }
  return gradient;
}

function columnSums(slope: tf.Tensor2D): Float32Array {
  return tf.sum(slope, 0).dataSync<"float32">().slice();
}
