// Fine-tuning of a run: the end of the network learns further at a small rate, from cached outputs of its frozen beginning.
import { createHash } from "node:crypto";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Progress } from "../../device/terminal/progress.ts";
import type { SplitName } from "../dataset/classes.ts";
import type { ChosenEngines } from "../engines/find-engines.ts";
import { useTensorEngine } from "../engines/tensor-engine.ts";
import { type FeatureSet, originalsOf } from "../features/features.ts";
import type { Moments } from "../head/adam.ts";
import { readCheckpoint, type TrainingState, writeCheckpoint } from "../head/checkpoint.ts";
import { type EpochRecord, isBetter, weightsOf } from "../head/head.ts";
import { accuracyOf, confusionOf, type Scored } from "../metrics.ts";
import { seededRandom, shuffle } from "../seeded-random.ts";
import type { AdamState } from "./adam.ts";
import { type Batch, FineTuner } from "./fine-tuner.ts";

export interface TuneRecipe {
  /** The last layer that stays frozen, one of the architecture's `cutPoints`. */
  readonly cut: string;
  readonly learningRate: number;
  readonly epochsMax: number;
  /** Epochs without a better validation after which it ends. */
  readonly patience: number;
}

export interface TuneOptions extends TuneRecipe {
  /** From pictures to class scores, its head trained already. */
  readonly classifier: LayersModel;
  /** Features of the network's frozen part. */
  readonly featuresOf: (frozen: LayersModel) => Promise<Readonly<Record<SplitName, FeatureSet>>>;
  readonly engines: ChosenEngines;
  readonly classes: number;
  readonly batchSize: number;
  readonly labelSmoothing: number;
  readonly classWeights: "balanced" | "none";
  readonly seed: number;
  readonly checkpointPath: string;
  readonly progress: Progress;
}

export interface Tuned {
  /** Holds frozen part, trained part and the whole; on the engine of the head. */
  readonly tuner: FineTuner;
  readonly features: Readonly<Record<SplitName, FeatureSet>>;
  readonly history: readonly EpochRecord[];
  /** Index of the epoch whose weights were kept; -1 where the network was best as it came. */
  readonly bestEpoch: number;
}

/**
 * Tunes on one variant of each training picture an epoch, and keeps the weights with the best validation, those that it
 * began with among them. Interrupted, it goes on from its checkpoint.
 *
 * @throws FacelatchError TRAINING_FAILED when loss or gradients are no numbers; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function tuneClassifier(options: TuneOptions): Promise<Tuned> {
  const { engines, checkpointPath, epochsMax, patience, progress } = options;
  const cutting = newTuner(options, null);
  const features = await options.featuresOf(cutting.frozen!);
  cutting.dispose();
  await useTensorEngine(engines.training.engine);
  const tuner = newTuner(options, features.train);
  const names = Object.keys((await tuner.save()).parameters);
  const key = keyOf(options, features);
  const found = await readCheckpoint(checkpointPath, key);
  if (found !== null) tuner.restore(adamStateOf(found, names));
  let state = found ?? (await freshState(tuner, features.validation, options.classes));
  progress.step("fine-tuning", epochsMax);
  while (state.history.length < epochsMax && state.history.length - 1 - state.improvedAt < patience) {
    state = await runEpoch(tuner, state, features, options);
    await writeCheckpoint(checkpointPath, key, state);
    const { validationAccuracy } = state.history.at(-1)!;
    progress.advance(state.history.length, `validation ${(100 * validationAccuracy).toFixed(1)} %`);
  }
  tuner.dispose();
  // The rest of a training reads weights at once, which not every engine that trains can.
  await useTensorEngine(engines.head.engine);
  const best = newTuner(options, features.train);
  best.restore(adamStateOf({ ...state, parameters: state.bestParameters }, names));
  return { tuner: best, features, history: state.history, bestEpoch: state.bestEpoch };
}

function newTuner(options: TuneOptions, train: FeatureSet | null): FineTuner {
  const { classifier, cut, learningRate, labelSmoothing, classes, classWeights } = options;
  const weights = train === null ? {} : { classWeights: weightsOf(train.truths, classes, classWeights) };
  return new FineTuner({ classifier, cut, learningRate: () => learningRate, labelSmoothing, ...weights });
}

/** What decides the result: recipe, engine and data. The seed of the head's weights is in the keys of its checkpoint. */
function keyOf(options: TuneOptions, features: Tuned["features"]): string {
  const { cut, learningRate, patience, batchSize, labelSmoothing, classWeights, seed, classifier } = options;
  const { engine } = options.engines.training;
  const recipe = { cut, learningRate, patience, batchSize, labelSmoothing, classWeights, seed, engine };
  const hash = createHash("sha256").update(JSON.stringify(recipe));
  for (const { keys, truths } of [features.train, features.validation]) hash.update(JSON.stringify({ keys, truths }));
  const [kernel, bias] = classifier.layers.at(-1)!.getWeights();
  for (const weight of [kernel!, bias!]) hash.update(Buffer.from((weight.dataSync() as Float32Array).slice().buffer));
  return hash.digest("hex");
}

/** Before the first epoch: the network as it came is the one to beat. */
async function freshState(tuner: FineTuner, validation: FeatureSet, classes: number): Promise<TrainingState> {
  const parameters = parametersOf(await tuner.save());
  const start = await measure(tuner, validation, classes);
  return {
    ...{ history: [], steps: 0, bestEpoch: -1, improvedAt: -1 },
    bestAtStart: { validationLoss: start.loss, validationAccuracy: start.accuracy },
    ...parameters,
    bestParameters: parameters.parameters,
  };
}

async function runEpoch(
  tuner: FineTuner,
  before: TrainingState,
  features: Tuned["features"],
  options: TuneOptions,
): Promise<TrainingState> {
  const trainLoss = await learnEpoch(tuner, before.history.length, features.train, options);
  const train = await measure(tuner, originalsOf(features.train), options.classes);
  const validation = await measure(tuner, features.validation, options.classes);
  const epoch = before.history.length + 1;
  const measured: EpochRecord = {
    ...{ epoch, trainLoss, trainAccuracy: train.accuracy },
    ...{ validationLoss: validation.loss, validationAccuracy: validation.accuracy },
  };
  const saved = await tuner.save();
  const history = [...before.history, measured];
  const best = before.history[before.bestEpoch] ?? before.bestAtStart!;
  const state: TrainingState = { ...before, history, steps: saved.steps, ...parametersOf(saved) };
  if (!isBetter(measured, best)) return state;
  return { ...state, bestEpoch: epoch - 1, improvedAt: epoch - 1, bestParameters: state.parameters };
}

/** One variant of each picture, drawn by seed and epoch. The mean loss. */
async function learnEpoch(
  tuner: FineTuner,
  epochsDone: number,
  train: FeatureSet,
  { seed, batchSize }: TuneOptions,
): Promise<number> {
  const random = seededRandom(seed + Math.imul(epochsDone + 1, 0x9e3779b1));
  const pictures = new Set(train.pictures).size;
  const variants = train.truths.length / pictures;
  const rows = Array.from({ length: pictures }, (_, picture) => picture * variants + random.below(variants));
  const order = shuffle(rows, random);
  let lossSum = 0;
  for (let at = 0; at < order.length; at += batchSize) {
    const batch = batchOf(train, order.slice(at, at + batchSize));
    lossSum += batch.truths.length * (await tuner.step(batch));
  }
  return lossSum / order.length;
}

function batchOf(set: FeatureSet, rows: readonly number[]): Batch {
  const inputs = new Float32Array(rows.length * set.width);
  set.read(rows, inputs);
  return { inputs, truths: rows.map((row) => set.truths[row]!) };
}

const rowsAtOnce = 32;

/** Class scores of every row, by the trained part; WebGPU gives them later. */
async function predictTuned(tuner: FineTuner, set: FeatureSet, classes: number): Promise<Scored[]> {
  const scored: Scored[] = [];
  for (let at = 0; at < set.truths.length; at += rowsAtOnce) {
    const rows = Array.from({ length: Math.min(rowsAtOnce, set.truths.length - at) }, (_, i) => at + i);
    const { inputs, truths } = batchOf(set, rows);
    const scores = await tuner.predict(inputs);
    truths.forEach((truth, i) => {
      scored.push({ truth, scores: Array.from(scores.subarray(i * classes, (i + 1) * classes)) });
    });
  }
  return scored;
}

async function measure(tuner: FineTuner, set: FeatureSet, classes: number) {
  const scored = await predictTuned(tuner, set, classes);
  const loss = scored.reduce((sum, { truth, scores }) => sum - Math.log(Math.max(1e-7, scores[truth]!)), 0);
  return { loss: loss / scored.length, accuracy: accuracyOf(confusionOf(scored, classes)).value };
}

function parametersOf({ parameters }: AdamState) {
  const all = Object.values(parameters);
  return {
    parameters: all.map(({ values }) => values),
    moments: all.map(({ first, second }): Moments => ({ first, second })),
  };
}

function adamStateOf({ steps, parameters, moments }: TrainingState, names: readonly string[]): AdamState {
  const entries = names.map((name, i) => [name, { values: parameters[i]!, ...moments[i]! }] as const);
  return { steps, parameters: Object.fromEntries(entries) };
}
