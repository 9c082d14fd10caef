// Recipes: the heads that can be trained on a backbone, and what each is trained with where nobody says otherwise.
import type { BackboneName } from "./backbones/architectures.ts";
import type { ReadOut } from "./features/read-out.ts";
import type { TuneRecipe } from "./fine-tune/tune-classifier.ts";
import type { HeadRecipe } from "./head/head.ts";

export const headNames = ["grid", "pooled", "flatten200", "flatten"] as const;

/**
 * - `grid`: middle and last features, then the last layer; see `ReadOut`.
 * - `pooled`: the mean of the last map, Dense 200, the last layer.
 * - `flatten200`, `flatten`: the notebook's, for MobileNetV2 and for InceptionResNetV2.
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
  /** Null trains the head alone. */
  readonly fineTune: TuneRecipe | null;
}

export interface PlanOptions {
  readonly headName?: HeadName;
  /** Of each training picture; undefined for what the head's recipe says. */
  readonly variants?: number | undefined;
  /** What differs from the recipe of the head. */
  readonly head?: Partial<Recipe["head"]>;
  readonly fineTune?: TuneRecipe | null;
}

/** Where a backbone is cut: before the map that `grid` reads, so that every head can be tuned. */
export const tuneCuts: Readonly<Record<BackboneName, string>> = {
  "mobilenet-v2": "block_12_add",
  "inception-resnet-v2": "block17_20_ac",
};

/** Small steps: what is learnt of a million pictures is not to be lost to a thousand. */
export const tuneDefaults = { learningRate: 2e-5, epochsMax: 20, patience: 5 } as const;

export const defaultHead: HeadName = "grid";

const recipes: Readonly<Record<HeadName, Recipe>> = {
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
  flatten200: {
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

/** The head's recipe, and what the options change about it. */
export function planOf({ headName = defaultHead, variants, head, fineTune = null }: PlanOptions): Plan {
  const usual = recipes[headName];
  return {
    headName,
    readOut: usual.readOut,
    variants: variants ?? usual.variants,
    head: { ...usual.head, ...head },
    fineTune,
  };
}
