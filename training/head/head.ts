// The head on the frozen backbone's features: the notebook's dense layers, trained with early stopping and checkpoints.
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { FeatureSet } from "../features/features.ts";
import { accuracyOf, confusionOf, indexOfMax, type Scored } from "../metrics.ts";
import { seededRandom, shuffle } from "../seeded-random.ts";
import { adamStep, newMoments } from "./adam.ts";
import { readCheckpoint, type TrainingState, writeCheckpoint } from "./checkpoint.ts";
import { type Batch, type DenseShape, drawParameters, infer, learn, parameterShapes } from "./dense-net.ts";
import { measureScaling, range, type Scaling, scaleRows, unscale } from "./standardize.ts";

export interface HeadRecipe {
  readonly classes: number;
  /** Units of the layer before the last: 200 in the notebook's smaller model, 0 in its larger. */
  readonly hidden: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** How much parameters shrink with each step, times the learning rate. */
  readonly weightDecay: number;
  /** Share of units that each step leaves out. */
  readonly dropout: number;
  /** Share of each target that goes to all classes alike. */
  readonly labelSmoothing: number;
  /** "balanced": each class counts the same, however many pictures it has. */
  readonly classWeights: "balanced" | "none";
  /** Epochs without a better validation accuracy after which training ends. */
  readonly patience: number;
  readonly seed: number;
}

export interface HeadOptions extends HeadRecipe {
  readonly epochsMax: number;
  /** Where the state after each epoch is kept; null for nowhere. */
  readonly checkpointPath: string | null;
  readonly progress: Progress;
}

/** What one epoch came to. */
export interface EpochRecord {
  /** From 1 on. */
  readonly epoch: number;
  readonly trainLoss: number;
  /** While the epoch ran, with dropout, as in Keras. */
  readonly trainAccuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

export interface TrainedHead {
  /** Input [batch, width], output [batch, classes]. */
  readonly model: layers.LayersModel;
  readonly history: readonly EpochRecord[];
  /** Index of the epoch whose weights the model has. */
  readonly bestEpoch: number;
  /** Epochs that an earlier, interrupted run had done. */
  readonly resumedAt: number;
}

/** Appends the head's layers to features [batch, width]; names are the notebook's. */
export function appendHead(
  features: layers.SymbolicTensor,
  classes: number,
  seed: number,
  hidden = 200,
): layers.SymbolicTensor {
  const initializer = (offset: number) => layers.initializers.glorotUniform({ seed: seed + offset });
  const inner =
    hidden === 0
      ? features
      : layers.layers
          .dense({ units: hidden, activation: "relu", name: "dense", kernelInitializer: initializer(1) })
          .apply(features);
  return layers.layers
    .dense({ units: classes, activation: "softmax", name: "predictions", kernelInitializer: initializer(2) })
    .apply(inner) as layers.SymbolicTensor;
}

/**
 * Trains the head on cached features; the weights of the best validation epoch are restored. A run that was interrupted
 * goes on from its checkpoint, and ends with the same weights.
 *
 * @throws FacelatchError TRAINING_FAILED when the loss is no number; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function trainHead(train: FeatureSet, validation: FeatureSet, options: HeadOptions): Promise<TrainedHead> {
  const { checkpointPath, epochsMax, patience, progress } = options;
  const shape: DenseShape = { inputs: train.width, hidden: options.hidden, classes: options.classes };
  const scaling = measureScaling(train);
  const key = keyOf(train, validation, options);
  const found = checkpointPath === null ? null : await readCheckpoint(checkpointPath, key);
  let state = found ?? freshState(shape, options.seed);
  const resumedAt = state.history.length;
  progress.step("training the head", epochsMax);
  while (state.history.length < epochsMax && state.history.length - 1 - state.improvedAt < patience) {
    state = runEpoch(state, shape, scaling, train, validation, options);
    if (checkpointPath !== null) await writeCheckpoint(checkpointPath, key, state);
    const { validationAccuracy } = state.history.at(-1)!;
    progress.advance(state.history.length, `validation ${(100 * validationAccuracy).toFixed(1)} %`);
    // Signals are heard between epochs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (state.bestEpoch === -1) throw new Error("epochsMax must be at least 1");
  const model = headModel(shape, unscaled(scaling, state.bestParameters));
  return { model, history: state.history, bestEpoch: state.bestEpoch, resumedAt };
}

/** What decides the result: recipe, backend and data. */
function keyOf(train: FeatureSet, validation: FeatureSet, options: HeadOptions): string {
  const { epochsMax: _epochs, checkpointPath: _path, progress: _progress, ...recipe } = options;
  const hash = createHash("sha256").update(JSON.stringify({ recipe, backend: tf.getBackend(), width: train.width }));
  for (const { keys, truths } of [train, validation]) hash.update(JSON.stringify({ keys, truths }));
  return hash.digest("hex");
}

function freshState(shape: DenseShape, seed: number): TrainingState {
  const parameters = drawParameters(shape, seed);
  const moments = parameters.map(({ length }) => newMoments(length));
  const bestParameters = parameters.map((values) => values.slice());
  return { history: [], steps: 0, bestEpoch: -1, improvedAt: 0, parameters, moments, bestParameters };
}

function runEpoch(
  before: TrainingState,
  shape: DenseShape,
  scaling: Scaling,
  train: FeatureSet,
  validation: FeatureSet,
  options: HeadOptions,
): TrainingState {
  const learnt = learnEpoch(before, shape, scaling, train, options);
  const parameters = before.parameters as Float32Array[];
  const measured: EpochRecord = {
    epoch: before.history.length + 1,
    ...learnt.figures,
    ...measure(shape, parameters, scaling, validation),
  };
  const history = [...before.history, measured];
  const best = before.bestEpoch === -1 ? null : before.history[before.bestEpoch]!;
  const state = { ...before, history, steps: learnt.steps };
  const improvedAt =
    best === null || measured.validationAccuracy > best.validationAccuracy ? history.length - 1 : before.improvedAt;
  if (best !== null && !isBetter(measured, best)) return { ...state, improvedAt };
  const bestParameters = parameters.map((values) => values.slice());
  return { ...state, improvedAt, bestEpoch: history.length - 1, bestParameters };
}

export type ValidationFigures = Pick<EpochRecord, "validationLoss" | "validationAccuracy">;

/** Among equal accuracies the lower loss is better; patience counts from the last gain of accuracy alone. */
export function isBetter(a: ValidationFigures, b: ValidationFigures): boolean {
  if (a.validationAccuracy !== b.validationAccuracy) return a.validationAccuracy > b.validationAccuracy;
  return a.validationLoss < b.validationLoss;
}

/** One pass over the training rows, in an order that seed and epoch decide; changes the parameters in place. */
function learnEpoch(
  { history, steps: stepsBefore, parameters, moments }: TrainingState,
  shape: DenseShape,
  scaling: Scaling,
  train: FeatureSet,
  { seed, batchSize, learningRate, weightDecay, dropout, labelSmoothing, classWeights }: HeadOptions,
): { readonly figures: Pick<EpochRecord, "trainLoss" | "trainAccuracy">; readonly steps: number } {
  const random = seededRandom(seed + Math.imul(history.length + 1, 0x9e3779b1));
  const order = shuffle([...train.truths.keys()], random);
  const weights = weightsOf(train.truths, shape.classes, classWeights);
  const isKernel = parameterShapes(shape).map((sizes) => sizes.length > 1);
  let steps = stepsBefore;
  let lossSum = 0;
  let weightSum = 0;
  let right = 0;
  for (let at = 0; at < order.length; at += batchSize) {
    const rows = order.slice(at, at + batchSize);
    const batch = batchOf(train, scaling, rows, shape.classes, weights, labelSmoothing);
    const result = learn(shape, parameters, batch, dropout, random);
    steps++;
    result.gradients.forEach((gradient, i) => {
      // Biases don't decay: they set where a class begins, not how loudly features speak.
      adamStep(parameters[i]!, gradient, moments[i]!, steps, learningRate, isKernel[i]! ? weightDecay : 0);
    });
    lossSum += result.lossSum;
    weightSum += batch.weights.reduce((sum, weight) => sum + weight, 0);
    right += countRight(result.scores, rows, train.truths, shape.classes);
  }
  const trainLoss = lossSum / weightSum;
  // A relu turns what is no number into zero, so the loss alone would not tell.
  const size = parameters.reduce((sum, values) => sum + values.reduce((own, value) => own + Math.abs(value), 0), 0);
  if (Number.isFinite(trainLoss) && Number.isFinite(size))
    return { figures: { trainLoss, trainAccuracy: right / order.length }, steps };
  throw new FacelatchError("TRAINING_FAILED", {
    expected: "a loss and weights that are numbers",
    found: `${trainLoss} and weights of ${size} together`,
    next: "Train with a smaller learning rate, and check the pictures of the prepared folder.",
  });
}

/** Of each class, the mean over all rows being 1. */
export function weightsOf(truths: readonly number[], classes: number, kind: HeadRecipe["classWeights"]): number[] {
  if (kind === "none") return new Array<number>(classes).fill(1);
  const counts = new Array<number>(classes).fill(0);
  for (const truth of truths) counts[truth]!++;
  return counts.map((count) => (count === 0 ? 0 : truths.length / (classes * count)));
}

function batchOf(
  set: FeatureSet,
  scaling: Scaling,
  rows: readonly number[],
  classes: number,
  weights: readonly number[],
  smoothing: number,
): Batch {
  const values = new Float32Array(rows.length * set.width);
  set.read(rows, values);
  scaleRows(scaling, values, rows.length);
  const targets = new Float32Array(rows.length * classes).fill(smoothing / classes);
  rows.forEach((row, i) => {
    targets[i * classes + set.truths[row]!]! += 1 - smoothing;
  });
  return { values, targets, weights: Float32Array.from(rows, (row) => weights[set.truths[row]!]!) };
}

function countRight(scores: Float32Array, rows: readonly number[], truths: readonly number[], classes: number): number {
  return rows.filter((row, i) => indexOfMax(scores.subarray(i * classes, (i + 1) * classes)) === truths[row]).length;
}

const rowsAtOnce = 256;

/** Calls `use` with chunks of rows, in their order. */
function eachChunk(set: FeatureSet, use: (values: Float32Array, rows: readonly number[]) => void): void {
  for (let at = 0; at < set.truths.length; at += rowsAtOnce) {
    const rows = range(at, Math.min(rowsAtOnce, set.truths.length - at));
    const values = new Float32Array(rows.length * set.width);
    set.read(rows, values);
    use(values, rows);
  }
}

function measure(
  shape: DenseShape,
  parameters: readonly Float32Array[],
  scaling: Scaling,
  set: FeatureSet,
): ValidationFigures {
  const scored: Scored[] = [];
  eachChunk(set, (values, rows) => {
    scaleRows(scaling, values, rows.length);
    const scores = infer(shape, parameters, values);
    scored.push(...scoredRows(set, scores, rows, shape.classes));
  });
  const loss = scored.reduce((sum, { truth, scores }) => sum - Math.log(Math.max(1e-7, scores[truth]!)), 0);
  return {
    validationLoss: loss / scored.length,
    validationAccuracy: accuracyOf(confusionOf(scored, shape.classes)).value,
  };
}

function scoredRows(set: FeatureSet, scores: Float32Array, rows: readonly number[], classes: number): Scored[] {
  return rows.map((row, i) => ({
    truth: set.truths[row]!,
    scores: Array.from(scores.subarray(i * classes, (i + 1) * classes)),
  }));
}

function unscaled(scaling: Scaling, [kernel, bias, ...rest]: readonly Float32Array[]): Float32Array[] {
  const first = unscale(scaling, kernel!, bias!);
  return [first.kernel, first.bias, ...rest];
}

function headModel(shape: DenseShape, parameters: readonly Float32Array[]): layers.LayersModel {
  const input = layers.input({ shape: [shape.inputs], name: "features" });
  const model = layers.model({ inputs: input, outputs: appendHead(input, shape.classes, 0, shape.hidden) });
  const tensors = parameterShapes(shape).map((sizes, i) => tf.tensor(parameters[i]!, sizes));
  model.setWeights(tensors);
  tf.dispose(tensors);
  return model;
}

/** Class scores of every row, of a model that takes rows as they are or as maps. */
export function predictScores(model: layers.LayersModel, set: FeatureSet, classes: number): Scored[] {
  const scored: Scored[] = [];
  eachChunk(set, (values, rows) => {
    const scores = tf.tidy(() => {
      const x = tf.tensor(values, [rows.length, ...(model.inputs[0]!.shape.slice(1) as number[])]);
      return tf.keep(model.predict(x, { batchSize: rowsAtOnce }) as tf.Tensor);
    });
    scored.push(...scoredRows(set, scores.dataSync<"float32">(), rows, classes));
    scores.dispose();
  });
  return scored;
}
