// Recipes: the heads that can be trained on a backbone, and what each is trained with where nobody says otherwise.
import type { ReadOut } from "./features/read-out.ts";
import type { HeadRecipe } from "./head/head.ts";

export const headNames = ["grid", "pooled", "flatten-200", "flatten"] as const;

/**
 * - `grid`: middle and last features, then the last layer; see `ReadOut`.
 * - `pooled`: the mean of the last map, Dense 200, the last layer.
 * - `flatten-200`, `flatten`: the notebook's, for MobileNetV2 and for InceptionResNetV2.
 */
export type HeadName = (typeof headNames)[number];

export interface Recipe {
  readonly readOut: ReadOut;
  /** Variants of each training picture. */
  readonly variants: number;
  readonly head: Omit<HeadRecipe, "classes" | "seed" | "patience">;
}

const common = { batchSize: 64, classWeights: "balanced", labelSmoothing: 0.05 } as const;

/** What a run was trained with. */
export interface Plan extends Recipe {
  readonly headName: HeadName;
}

export const defaultHead: HeadName = "grid";

export const recipes: Readonly<Record<HeadName, Recipe>> = {
  grid: {
    readOut: "grid",
    variants: 10,
    head: { ...common, hidden: 0, learningRate: 3e-4, weightDecay: 0.1, dropout: 0 },
  },
  pooled: {
    readOut: "pooled",
    variants: 10,
    head: { ...common, hidden: 200, learningRate: 5e-4, weightDecay: 0.01, dropout: 0.3 },
  },
  "flatten-200": {
    readOut: "flatten",
    variants: 2,
    head: { ...common, hidden: 200, learningRate: 1e-4, weightDecay: 0.01, dropout: 0.3 },
  },
  flatten: {
    readOut: "flatten",
    variants: 2,
    head: { ...common, hidden: 0, learningRate: 1e-4, weightDecay: 0.1, dropout: 0 },
  },
};
