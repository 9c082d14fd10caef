// Reliability: how often a classifier is right when it says that it is so sure.
import { indexOfMax, type Rate, rateOf, type Scored } from "../../metrics.ts";

export const reliabilityBins = 10;

/** Photos whose highest score lies between two bounds. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  /** The mean of their highest scores. */
  readonly confidence: number;
  /** How many of them are right. */
  readonly accuracy: Rate;
}

/** Bins of equal width over 0 to 1, the last with its upper bound; those without a photo are left out. */
export function reliabilityOf(scored: readonly Scored[], bins = reliabilityBins): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ n: 0, right: 0, confidence: 0 }));
  for (const { truth, scores } of scored) {
    const chosen = indexOfMax(scores);
    const sum = sums[Math.min(bins - 1, Math.floor(scores[chosen]! * bins))]!;
    sum.n++;
    sum.confidence += scores[chosen]!;
    if (chosen === truth) sum.right++;
  }
  return sums.flatMap(({ n, right, confidence }, i) =>
    n === 0 ? [] : [{ from: i / bins, to: (i + 1) / bins, confidence: confidence / n, accuracy: rateOf(right, n) }],
  );
}

/** The expected calibration error: the mean distance of confidence and accuracy, each bin by its photos. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { accuracy }) => sum + accuracy.n, 0);
  if (total === 0) return 0;
  return bins.reduce(
    (sum, { confidence, accuracy }) => sum + (accuracy.n / total) * Math.abs(confidence - accuracy.value),
    0,
  );
}
