// The figures of a trained head: what it says of every prepared picture, and what that comes to on each split.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type SplitName, splitNames } from "../dataset/classes.ts";
import { type FeatureSet, originalsOf } from "../features/features.ts";
import { predictScores } from "../head/head.ts";
import { accuracyOf, confusionOf, precisionOf, recallOf } from "../metrics.ts";
import type { Predictions, RunRecord } from "./run-folder.ts";

/** Predictions of every picture as it is, without its variants. */
export function predictSplits(
  head: LayersModel,
  features: Readonly<Record<SplitName, FeatureSet>>,
  classes: number,
): Predictions {
  const predict = (split: SplitName) => {
    const set = originalsOf(features[split]);
    return predictScores(head, set, classes).map((scored, row) => ({ picture: set.pictures[row]!, ...scored }));
  };
  return { train: predict("train"), validation: predict("validation"), test: predict("test") };
}

export type Figures = Pick<RunRecord, "validationAccuracy" | "testAccuracy" | "perClass" | "confusion">;

export function figuresOf(predictions: Predictions, labels: readonly string[]): Figures {
  const [train, validation, test] = splitNames.map((split) => confusionOf(predictions[split], labels.length));
  return {
    validationAccuracy: accuracyOf(validation!),
    testAccuracy: accuracyOf(test!),
    perClass: Object.fromEntries(
      labels.map((label, i) => [label, { precision: precisionOf(test!, i), recall: recallOf(test!, i) }]),
    ),
    confusion: { train: train!, validation: validation!, test: test! },
  };
}
