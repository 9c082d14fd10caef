// Error rates of a verifier from its scores: false acceptance, false refusal, where both are equal, and what is left at a given FAR.

/** Scores of comparisons; higher means more alike. */
export interface ScoreLists {
  /** Of two pictures of one person. */
  readonly genuine: readonly number[];
  /** Of pictures of two persons. */
  readonly impostor: readonly number[];
}

/** The error rates of one threshold: whatever scores at least `scoreMin` is accepted. */
export interface OperatingPoint {
  readonly scoreMin: number;
  /** Share of impostor comparisons that are accepted. */
  readonly far: number;
  /** Share of genuine comparisons that are refused. */
  readonly frr: number;
}

/** Scores of which each counts as often as its weight says. */
export interface WeightedScores {
  /** In descending order. */
  readonly scores: ArrayLike<number>;
  /** Asked for only as far down as it matters: there may be millions. 0 leaves a comparison out. */
  readonly weightOf: (index: number) => number;
  /** The sum of all weights. */
  readonly total: number;
}

const descending = (a: number, b: number) => b - a;

/**
 * Every threshold at which a rate changes, from the strictest: first nobody is accepted, at last everybody.
 * Equal scores share one point, whichever list they are in.
 */
export function operatingPoints({ genuine, impostor }: ScoreLists): OperatingPoint[] {
  const points: OperatingPoint[] = [];
  walk(unweighted([...genuine].sort(descending)), unweighted([...impostor].sort(descending)), (scoreMin, far, frr) => {
    points.push({ scoreMin, far, frr });
    return true;
  });
  return points;
}

/**
 * The equal error rate on the plain curve (not its convex hull): the operating points are joined by straight lines, and
 * where FAR equals FRR on them is the rate.
 *
 * @returns null where either list is empty
 */
export function equalErrorRate({ genuine, impostor }: ScoreLists): number | null {
  return weightedEqualErrorRate(unweighted([...genuine].sort(descending)), unweighted([...impostor].sort(descending)));
}

/** Scores in descending order that count once each. */
export function unweighted(scores: ArrayLike<number>): WeightedScores {
  return { scores, weightOf: () => 1, total: scores.length };
}

/** As `equalErrorRate`; null where either list weighs nothing. */
export function weightedEqualErrorRate(genuine: WeightedScores, impostor: WeightedScores): number | null {
  let rate: number | null = null;
  let before = { far: 0, frr: 1 };
  walk(genuine, impostor, (_, far, frr) => {
    if (far < frr) {
      before = { far, frr };
      return true;
    }
    const closed = before.frr - before.far;
    const opened = far - frr;
    const share = closed + opened === 0 ? 0 : closed / (closed + opened);
    rate = before.far + share * (far - before.far);
    return false;
  });
  return rate;
}

/**
 * The strictest threshold's neighbourhood from the impostors' order: the lowest threshold which at most the share `far`
 * of the impostors pass. Just above the first impostor that must not pass, so that ties are refused.
 */
export function thresholdAtFar(impostor: readonly number[], far: number): number {
  return thresholdAfter([...impostor].sort(descending), Math.floor(far * impostor.length + rounding));
}

/** 0.001 times 3000 must be 3, whatever its last bit is. */
const rounding = 1e-9;

/** The lowest threshold that at most `passing` of the scores, in descending order, pass. */
export function thresholdAfter(sorted: ArrayLike<number>, passing: number): number {
  if (passing >= sorted.length) return Number.NEGATIVE_INFINITY;
  return nextAbove(sorted[passing]!);
}

/** The smallest number that is larger, as far as a difference between scores can matter. */
function nextAbove(value: number): number {
  return value + Math.max(Math.abs(value), 1e-300) * Number.EPSILON;
}

/** The share of scores that a threshold accepts. */
export function acceptedShare(scores: readonly number[], scoreMin: number): number {
  if (scores.length === 0) return 0;
  return scores.filter((score) => score >= scoreMin).length / scores.length;
}

/** Visits the operating points in order, until `visit` returns false; nothing where a list weighs nothing. */
function walk(
  genuine: WeightedScores,
  impostor: WeightedScores,
  visit: (scoreMin: number, far: number, frr: number) => boolean,
): void {
  if (genuine.total === 0 || impostor.total === 0) return;
  if (!visit(Number.POSITIVE_INFINITY, 0, 1)) return;
  let [i, j, accepted, falselyAccepted] = [0, 0, 0, 0];
  while (i < genuine.scores.length || j < impostor.scores.length) {
    const scoreMin = Math.max(genuine.scores[i] ?? -Infinity, impostor.scores[j] ?? -Infinity);
    for (; i < genuine.scores.length && genuine.scores[i]! >= scoreMin; i++) accepted += genuine.weightOf(i);
    for (; j < impostor.scores.length && impostor.scores[j]! >= scoreMin; j++) falselyAccepted += impostor.weightOf(j);
    if (!visit(scoreMin, falselyAccepted / impostor.total, 1 - accepted / genuine.total)) return;
  }
}
