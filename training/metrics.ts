// Figures of a classifier: confusion matrix, precision, recall, and the interval of every rate.

/** A rate with its 95 % interval (Wilson's score interval) and its number of trials. */
export interface Rate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const z95 = 1.959964;

/** Without trials nothing is known: the value is 0 and the interval is everything. */
export function rateOf(hits: number, n: number): Rate {
  if (n === 0) return { value: 0, low: 0, high: 1, n: 0 };
  const value = hits / n;
  const centre = (value + z95 ** 2 / (2 * n)) / (1 + z95 ** 2 / n);
  const half = (z95 / (1 + z95 ** 2 / n)) * Math.sqrt((value * (1 - value)) / n + z95 ** 2 / (4 * n ** 2));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}

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

/** No threshold lies below it: a softmax is confident by nature. */
const scoreMinFloor = 0.9;
const scoreMinCeiling = 0.999;

/**
 * The owner's threshold: half of the way between the highest score of anybody else and 1, but at least 0.9.
 *
 * @param scored photos that the head was not trained on, test photos excepted
 */
export function chooseThreshold(scored: readonly Scored[], owner: number): Threshold {
  const others = scored.filter((photo) => photo.truth !== owner).map((photo) => photo.scores[owner]!);
  const owners = scored.filter((photo) => photo.truth === owner).map((photo) => photo.scores[owner]!);
  const highest = Math.max(0, ...others);
  const scoreMin = Math.min(scoreMinCeiling, Math.max(scoreMinFloor, (1 + highest) / 2));
  return {
    scoreMin,
    far: rateOf(others.filter((score) => score >= scoreMin).length, others.length),
    frr: rateOf(owners.filter((score) => score < scoreMin).length, owners.length),
  };
}
