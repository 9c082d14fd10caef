// Precision, recall and F1 of each class, with their intervals.
import { type Confusion, precisionOf, type Rate, rateOf, recallOf } from "../../metrics.ts";

export interface ClassFigures {
  readonly precision: Rate;
  readonly recall: Rate;
  readonly f1: Rate;
}

export function classFigures(confusion: Confusion): ClassFigures[] {
  return confusion.map((_, index) => ({
    precision: precisionOf(confusion, index),
    recall: recallOf(confusion, index),
    f1: f1Of(confusion, index),
  }));
}

/**
 * The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN). F1 / (2 - F1) is a proportion, TP of
 * TP + FP + FN photos, whose Wilson interval is carried over (Lam et al., "Confidence Intervals for the F1 Score: A
 * Comparison of Four Methods", 2023). Unlike a bootstrap's it does not close up where no mistake was seen.
 */
export function f1Of(confusion: Confusion, index: number): Rate {
  const hits = confusion[index]![index]!;
  const actual = confusion[index]!.reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, row) => sum + row[index]!, 0);
  const { value, low, high, n } = rateOf(hits, actual + predicted - hits);
  const f1 = (share: number) => (2 * share) / (1 + share);
  return { value: f1(value), low: f1(low), high: f1(high), n };
}
