// The steps from the plain recipe to the one that `train` uses, in the order in which they are added.
import type { HeadName } from "../recipe.ts";
import type { TrainOptions } from "../train.ts";

export interface AblationStep {
  readonly name: string;
  readonly options: Required<Pick<TrainOptions, "framing" | "headName" | "variants" | "head">>;
}

const plainHead = { classWeights: "none", labelSmoothing: 0 } as const;
const plain = { framing: "whole", headName: "pooled" satisfies HeadName, variants: 1, head: plainHead } as const;
const framed = { ...plain, framing: "face" } as const;
const usual = { ...framed, head: {} } as const;

/** From a dense layer on pooled features of whole photos, without anything that the recipe adds. */
export const ablationSteps: readonly AblationStep[] = [
  { name: "whole photos", options: plain },
  { name: "their central squares", options: { ...plain, framing: "centre" } },
  { name: "faces found and framed alike", options: framed },
  { name: "classes weighed alike, labels smoothed", options: usual },
  { name: "ten variants of each picture", options: { ...usual, variants: 10 } },
  { name: "middle features beside the last", options: { ...usual, headName: "grid", variants: 10 } },
];
