// Fits a linear head by logistic regression, and chooses its threshold from photos that it was not fitted on.
import { type HeadPurpose, headScore, isSuspected, type LinearHead } from "../../device/bundle/linear-head.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { type Rate, rateOf } from "../metrics.ts";
import { seededRandom, shuffle } from "../seeded-random.ts";
import { minimise } from "./minimise.ts";

export interface Example {
  readonly features: Float32Array;
  /** Whether the suspicion is true of it. */
  readonly positive: boolean;
  /** What it is of, such as "print", for the report. */
  readonly kind: string;
  /** Examples made from one photo, or of one person, are never divided between fitting and choosing. */
  readonly group: string;
}

export interface FitOptions {
  readonly purpose: HeadPurpose;
  /** Ridge on standardised features: the larger, the smoother. */
  readonly ridge: number;
  /** Share of negative examples that may be suspected. */
  readonly falseAlarmsMax: number;
  readonly folds: number;
  readonly seed: number;
}

export interface FittedHead extends LinearHead {
  /** The suspicion is held from this score on. */
  readonly scoreMin: number;
  /** Of examples out of groups that were not fitted on, by kind: the share that is suspected. */
  readonly suspected: Readonly<Record<string, Rate>>;
}

/**
 * Fits on all examples; the threshold comes from cross-validation over groups.
 *
 * @throws FacelatchError DATASET_INVALID with too few groups
 */
export function fitLinearHead(examples: readonly Example[], options: FitOptions): FittedHead {
  const { purpose, falseAlarmsMax } = options;
  const scores = crossScores(examples, options);
  const scoreMin = chooseScoreMin(
    scores.filter((_, i) => !examples[i]!.positive),
    falseAlarmsMax,
  );
  const suspected = Object.fromEntries(
    [...new Set(examples.map(({ kind }) => kind))].map((kind) => {
      const own = scores.filter((_, i) => examples[i]!.kind === kind);
      return [kind, rateOf(own.filter((score) => isSuspected(score, scoreMin)).length, own.length)];
    }),
  );
  return { purpose, ...fitLogistic(examples, options.ridge), scoreMin, suspected };
}

/** Each example's score by a head that was fitted without its group. */
export function crossScores(
  examples: readonly Example[],
  { folds, seed, ridge }: Pick<FitOptions, "folds" | "seed" | "ridge">,
): number[] {
  const groups = shuffle([...new Set(examples.map(({ group }) => group))].sort(), seededRandom(seed));
  if (groups.length < folds) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `photos of at least ${folds} groups to fit a head on`,
      found: String(groups.length),
      next: "Add photos.",
    });
  }
  const foldOf = new Map(groups.map((group, i) => [group, i % folds]));
  const scores = new Array<number>(examples.length).fill(0);
  for (let fold = 0; fold < folds; fold++) {
    const fitted = fitLogistic(
      examples.filter(({ group }) => foldOf.get(group) !== fold),
      ridge,
    );
    const head: LinearHead = { purpose: "presentation", ...fitted };
    for (const [i, { features, group }] of examples.entries()) {
      if (foldOf.get(group) === fold) scores[i] = headScore(features, head);
    }
  }
  return scores;
}

/** Of negatives at most this share reaches it: half of the way from the highest of the others to the next, or to 1. */
export function chooseScoreMin(negatives: readonly number[], falseAlarmsMax: number): number {
  const falling = negatives.toSorted((a, b) => b - a);
  const allowed = Math.floor(falling.length * falseAlarmsMax);
  const highest = falling[allowed] ?? 0.5;
  const next = falling.findLast((score) => score > highest) ?? 1;
  // A head that suspects nobody would pass for a defence.
  return Math.min(0.9999, (highest + next) / 2);
}

/** Logistic regression on standardised features; both classes weigh the same, however many examples they have. */
export function fitLogistic(
  examples: readonly Example[],
  ridge: number,
): { readonly weights: Float32Array; readonly bias: number } {
  const width = examples[0]?.features.length ?? 0;
  const { means, scales } = standardise(examples, width);
  const rows = examples.map(({ features }) => features.map((value, i) => (value - means[i]!) * scales[i]!));
  const positives = examples.filter(({ positive }) => positive).length;
  const shares = examples.map(({ positive }) => 0.5 / (positive ? positives : examples.length - positives));
  const solution = minimise(width + 1, (at, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (const [i, row] of rows.entries()) {
      let sum = at[width]!;
      for (let k = 0; k < width; k++) sum += at[k]! * row[k]!;
      const sign = examples[i]!.positive ? 1 : -1;
      const signed = sign * sum;
      loss += shares[i]! * (Math.log1p(Math.exp(-Math.abs(signed))) + Math.max(0, -signed));
      const slope = (-sign * shares[i]!) / (1 + Math.exp(signed));
      for (let k = 0; k < width; k++) gradient[k]! += slope * row[k]!;
      gradient[width]! += slope;
    }
    for (let k = 0; k < width; k++) {
      loss += (ridge / 2) * at[k]! ** 2;
      gradient[k]! += ridge * at[k]!;
    }
    return loss;
  });
  const weights = Float32Array.from(means, (_, i) => solution[i]! * scales[i]!);
  const bias = means.reduce((sum, mean, i) => sum - mean * weights[i]!, solution[width]!);
  return { weights, bias };
}

/** Mean and reciprocal deviation of each feature; one that hardly varies is left out. */
function standardise(examples: readonly Example[], width: number): { means: Float64Array; scales: Float64Array } {
  const means = new Float64Array(width);
  const scales = new Float64Array(width);
  for (const { features } of examples) for (let k = 0; k < width; k++) means[k]! += features[k]! / examples.length;
  for (const { features } of examples) {
    for (let k = 0; k < width; k++) scales[k]! += (features[k]! - means[k]!) ** 2 / examples.length;
  }
  for (let k = 0; k < width; k++) scales[k] = scales[k]! > 1e-8 ? 1 / Math.sqrt(scales[k]!) : 0;
  return { means, scales };
}
