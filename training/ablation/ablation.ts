// What each step of the recipe brings: the same photos and splits, one more step at a time, over several seeds.
import { join, resolve } from "node:path";
import type { Progress } from "../../device/terminal/progress.ts";
import { openBackbone } from "../backbones/open-backbone.ts";
import { chooseEngines, findEngines } from "../engines/find-engines.ts";
import { useTensorEngine } from "../engines/tensor-engine.ts";
import {
  accuracyOf,
  type Confusion,
  confusionOf,
  indexOfMax,
  precisionOf,
  type Rate,
  rateOf,
  recallOf,
} from "../metrics.ts";
import { planOf } from "../recipe.ts";
import { predictSplits } from "../run/figures.ts";
import { type HeldOutPhoto, scoreHeldOut } from "../run/held-out.ts";
import { framingOf, prepareRun } from "../run/prepare-run.ts";
import { type Settings, settingsOf } from "../train.ts";
import { type NetworkParts, removeCheckpoints, trainNetwork } from "../train-network.ts";
import { type AblationStep, ablationSteps } from "./steps.ts";

export interface AblationOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  readonly ownerLabel: string;
  /** Receives prepared pictures and features, which a second call uses again. */
  readonly outDir: string;
  readonly weights: string;
  /** Each splits the photos anew, and draws its own weights and order. */
  readonly seeds: readonly number[];
  /** Paths below the data set's folder that nothing is trained on. */
  readonly heldOut: readonly string[];
  readonly progress: Progress;
}

/** The figures of one step, of the test photos of all seeds together. */
export interface AblationRow {
  readonly step: string;
  readonly accuracy: Rate;
  readonly owner: { readonly recall: Rate; readonly precision: Rate };
  readonly accuracyBySeed: readonly number[];
  /** By held-out path: photos taken for the owner, of those with a face, of all seeds. */
  readonly heldOut: Readonly<Record<string, Rate>>;
}

export interface Ablation {
  readonly rows: readonly AblationRow[];
  /** Pairs in different splits that show the same, of all seeds. */
  readonly leaks: number;
  /** Of the last step, photo by photo: how often it was taken for the owner, of the seeds whose detector found a face. */
  readonly photos: readonly { readonly path: string; readonly asOwner: number; readonly of: number }[];
}

/** One step with one seed. */
interface Trial {
  readonly test: Confusion;
  readonly heldOut: readonly HeldOutPhoto[];
}

/**
 * Trains every step with every seed. The test photos of different seeds overlap, so the intervals are a little too narrow.
 *
 * @throws FacelatchError what `prepareRun`, `openBackbone` and `trainNetwork` throw
 */
export async function ablate(options: AblationOptions): Promise<Ablation> {
  const engines = chooseEngines("auto", await findEngines());
  await useTensorEngine(engines.head.engine);
  const { progress, weights, seeds } = options;
  const base = await settingsOf({ ...options, runDir: options.outDir, seed: 0, epochsMax: 200, patience: 20 });
  const backbone = await openBackbone({ shape: base.backbone, weights, progress });
  let leaks = 0;
  const trials = ablationSteps.map((): Trial[] => []);
  for (const seed of seeds) {
    for (const [index, step] of ablationSteps.entries()) {
      progress.say(`Seed ${seed}: ${step.name}`);
      const settings = stepSettings(base, options, step, seed);
      const prepared = await prepareRun({ ...settings, grow: false });
      if (index === ablationSteps.length - 1) leaks += prepared.leaks;
      const labels = [options.ownerLabel, "Others", "Objects"];
      const parts = { plan: planOf(settings), engines, backbone, prepared, labels };
      trials[index]!.push(await runTrial(settings, parts));
    }
  }
  progress.end();
  const rows = ablationSteps.map(({ name }, index) => rowOf(name, trials[index]!, base.heldOut));
  return { rows, leaks, photos: photosOf(trials.at(-1)!) };
}

/** Steps that frame photos alike share the prepared pictures, and all share the features. */
function stepSettings(base: Settings, { outDir }: AblationOptions, step: AblationStep, seed: number): Settings {
  const runDir = join(resolve(outDir), `${step.options.framing}-${seed}`);
  return { ...base, ...step.options, runDir, featuresDir: join(resolve(outDir), "features"), seed };
}

async function runTrial(settings: Settings, parts: NetworkParts): Promise<Trial> {
  await removeCheckpoints(settings.runDir);
  const { extractor, features, model } = await trainNetwork(settings, parts);
  try {
    const { test } = predictSplits(model, features, parts.labels.length);
    const framing = framingOf(settings);
    const heldOut = await scoreHeldOut({ ...settings, framing, labels: parts.labels, extractor, head: model });
    return {
      test: confusionOf(test, parts.labels.length),
      heldOut: Object.values(heldOut).flatMap(({ photos }) => photos),
    };
  } finally {
    await extractor.close();
    await removeCheckpoints(settings.runDir);
  }
}

/** The owner's label is the first. */
function rowOf(step: string, trials: readonly Trial[], heldOutPaths: readonly string[]): AblationRow {
  const test = trials.map((trial) => trial.test).reduce(addConfusions);
  const heldOut = heldOutPaths.map((path) => {
    const judged = trials
      .flatMap((trial) => trial.heldOut)
      .filter((photo) => photo.path.startsWith(`${path}/`) && photo.scores !== null);
    return [path, rateOf(judged.filter(isTakenForOwner).length, judged.length)] as const;
  });
  return {
    step,
    accuracy: accuracyOf(test),
    owner: { recall: recallOf(test, 0), precision: precisionOf(test, 0) },
    accuracyBySeed: trials.map((trial) => accuracyOf(trial.test).value),
    heldOut: Object.fromEntries(heldOut),
  };
}

function addConfusions(a: Confusion, b: Confusion): Confusion {
  return a.map((row, truth) => row.map((count, predicted) => count + b[truth]![predicted]!));
}

function isTakenForOwner({ scores }: HeldOutPhoto): boolean {
  return scores !== null && indexOfMax(scores) === 0;
}

function photosOf(trials: readonly Trial[]): Ablation["photos"] {
  return trials[0]!.heldOut.map(({ path }) => {
    const judged = trials.flatMap(({ heldOut }) => heldOut.filter((p) => p.path === path && p.scores !== null));
    return { path, asOwner: judged.filter(isTakenForOwner).length, of: judged.length };
  });
}
