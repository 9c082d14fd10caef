// Figures of a classifier: confusion matrix, precision, recall, and the interval of every rate.
import { type Rate, rateOf } from "../device/bundle/rate.ts";

export { type Rate, rateOf };

/** `matrix[truth][predicted]`, counts. */
export type Confusion = readonly (readonly number[])[];

export interface Scored {
  /** Index of the true class. */
  readonly truth: number;
  /** Class scores, summing to 1. */
  readonly scores: readonly number[];
}

export function indexOfMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

export function confusionOf(scored: readonly Scored[], classes: number): Confusion {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { truth, scores } of scored) matrix[truth]![indexOfMax(scores)]!++;
  return matrix;
}

export function accuracyOf(confusion: Confusion): Rate {
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  return rateOf(
    confusion.reduce((sum, row, i) => sum + row[i]!, 0),
    total,
  );
}

export function precisionOf(confusion: Confusion, index: number): Rate {
  return rateOf(
    confusion[index]![index]!,
    confusion.reduce((sum, row) => sum + row[index]!, 0),
  );
}

export function recallOf(confusion: Confusion, index: number): Rate {
  const row = confusion[index]!;
  return rateOf(
    row[index]!,
    row.reduce((sum, count) => sum + count, 0),
  );
}

/** The owner's least score and what it costs, on the photos it is chosen from. */
export interface Threshold {
  readonly scoreMin: number;
  readonly far: Rate;
  readonly frr: Rate;
}

/** As a gate the classifier may cost the owner so much of his photos, and no more. */
const gateFrrMax = 0.005;

/**
 * The classifier's threshold as a gate beside the verification: the highest score that costs the owner at most half a
 * percent of his photos. A softmax that is sure of itself says little by itself; it can still keep out what is no face
 * of his.
 *
 * @param scored photos that the head was not trained on, test photos excepted
 */
export function chooseGate(scored: readonly Scored[], owner: number): Threshold {
  const others = scored.filter((photo) => photo.truth !== owner).map((photo) => photo.scores[owner]!);
  const owners = scored.filter((photo) => photo.truth === owner).map((photo) => photo.scores[owner]!);
  const ascending = owners.toSorted((a, b) => a - b);
  // Half of it, so that the next photo that is as hard as the hardest of these passes as well.
  const scoreMin = (ascending[Math.floor(gateFrrMax * ascending.length)] ?? 0) / 2;
  return {
    scoreMin,
    far: rateOf(others.filter((score) => score >= scoreMin).length, others.length),
    frr: rateOf(owners.filter((score) => score < scoreMin).length, owners.length),
  };
}
