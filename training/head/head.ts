// The notebook's head on pooled features: Dense 200 relu, Dense softmax; trained with early stopping.
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { FeatureSet } from "../features/features.ts";
import { accuracyOf, confusionOf, type Scored } from "../metrics.ts";
import { seededRandom, shuffle } from "../seeded-random.ts";

export interface HeadOptions {
  readonly classes: number;
  readonly epochsMax: number;
  /** Epochs without a better validation accuracy after which training ends. */
  readonly patience: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly progress: Progress;
}

export interface Epoch {
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

export interface TrainedHead {
  readonly model: layers.LayersModel;
  readonly epochs: readonly Epoch[];
  /** Index of the epoch whose weights the model has. */
  readonly bestEpoch: number;
}

/** Appends the head's layers to pooled features [batch, width]; names are the notebook's. */
export function appendHead(features: layers.SymbolicTensor, classes: number, seed: number): layers.SymbolicTensor {
  const initializer = (offset: number) => layers.initializers.glorotUniform({ seed: seed + offset });
  const hidden = layers.layers
    .dense({ units: 200, activation: "relu", name: "dense", kernelInitializer: initializer(1) })
    .apply(features);
  return layers.layers
    .dense({ units: classes, activation: "softmax", name: "predictions", kernelInitializer: initializer(2) })
    .apply(hidden) as layers.SymbolicTensor;
}

/**
 * Trains the head on cached features; the weights of the best validation epoch are restored.
 * Each class weighs the same, however many pictures it has.
 *
 * @throws FacelatchError TRAINING_FAILED when the loss is no number
 */
export async function trainHead(train: FeatureSet, validation: FeatureSet, options: HeadOptions): Promise<TrainedHead> {
  const input = layers.input({ shape: [train.width], name: "features" });
  const model = layers.model({ inputs: input, outputs: appendHead(input, options.classes, options.seed) });
  model.compile({ optimizer: tf.train.adam(options.learningRate), loss: "categoricalCrossentropy" });
  const random = seededRandom(options.seed);
  const order = balancedOrder(train.truths, options.classes);
  const epochs: Epoch[] = [];
  let best: { readonly epoch: number; readonly weights: tf.Tensor[] } | null = null;
  let improvedAt = 0;
  options.progress.step("training the head", options.epochsMax);
  for (let epoch = 0; epoch < options.epochsMax && epoch - improvedAt <= options.patience; epoch++) {
    const trainLoss = await trainEpoch(model, train, shuffle(order, random), options);
    const measured = {
      trainLoss,
      ...measure(model, train, "train", options),
      ...measure(model, validation, "validation", options),
    } as Epoch;
    epochs.push(measured);
    const before = best === null ? null : epochs[best.epoch]!;
    if (before === null || measured.validationAccuracy > before.validationAccuracy) improvedAt = epoch;
    if (best === null || before === null || isBetter(measured, before)) {
      tf.dispose(best?.weights ?? []);
      best = { epoch, weights: model.getWeights().map((weight) => weight.clone()) };
    }
    options.progress.advance(epoch + 1, `validation ${(100 * measured.validationAccuracy).toFixed(1)} %`);
  }
  if (best === null) throw new Error("epochsMax must be at least 1");
  model.setWeights(best.weights);
  tf.dispose(best.weights);
  return { model, epochs, bestEpoch: best.epoch };
}

/** Among equal accuracies the lower loss is better; patience counts from the last gain of accuracy alone. */
function isBetter(a: Epoch, b: Epoch): boolean {
  if (a.validationAccuracy !== b.validationAccuracy) return a.validationAccuracy > b.validationAccuracy;
  return a.validationLoss < b.validationLoss;
}

/** Rows of the smaller classes repeat until every class has as many as the largest. */
function balancedOrder(truths: readonly number[], classes: number): number[] {
  const rows = Array.from({ length: classes }, (_, index) =>
    truths.flatMap((truth, row) => (truth === index ? [row] : [])),
  );
  const most = Math.max(...rows.map((members) => members.length));
  return rows.flatMap((members) => Array.from({ length: most }, (_, i) => members[i % members.length]!));
}

async function trainEpoch(
  model: layers.LayersModel,
  set: FeatureSet,
  order: readonly number[],
  { batchSize, classes }: HeadOptions,
): Promise<number> {
  let lossSum = 0;
  let batches = 0;
  for (let at = 0; at < order.length; at += batchSize) {
    const rows = order.slice(at, at + batchSize);
    const values = new Float32Array(rows.length * set.width);
    rows.forEach((row, i) => {
      values.set(set.values.subarray(row * set.width, (row + 1) * set.width), i * set.width);
    });
    const x = tf.tensor2d(values, [rows.length, set.width]);
    const y = tf.tidy(() =>
      tf.oneHot(
        tf.tensor1d(
          rows.map((row) => set.truths[row]!),
          "int32",
        ),
        classes,
      ),
    );
    lossSum += (await model.trainOnBatch(x, y)) as number;
    batches++;
    tf.dispose([x, y]);
  }
  const loss = lossSum / batches;
  if (Number.isFinite(loss)) return loss;
  throw new FacelatchError("TRAINING_FAILED", {
    expected: "a loss that is a number",
    found: String(loss),
    next: "Train with a smaller learning rate, and check the pictures of the prepared folder.",
  });
}

/** Class scores of every row. */
export function predictScores(model: layers.LayersModel, set: FeatureSet, classes: number): Scored[] {
  const rows = set.truths.length;
  const flat = tf.tidy(() => {
    const x = tf.tensor2d(set.values, [rows, set.width]);
    return (model.predict(x, { batchSize: 1024 }) as tf.Tensor).dataSync();
  });
  return set.truths.map((truth, row) => ({
    truth,
    scores: Array.from(flat.subarray(row * classes, (row + 1) * classes)),
  }));
}

function measure(
  model: layers.LayersModel,
  set: FeatureSet,
  name: "train" | "validation",
  { classes }: HeadOptions,
): Record<string, number> {
  const scored = predictScores(model, set, classes);
  const accuracy = accuracyOf(confusionOf(scored, classes)).value;
  const loss =
    scored.reduce((sum, { truth, scores }) => sum - Math.log(Math.max(1e-7, scores[truth]!)), 0) / scored.length;
  return name === "train" ? { trainAccuracy: accuracy } : { validationAccuracy: accuracy, validationLoss: loss };
}
