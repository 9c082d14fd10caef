// From prepared pictures to a trained network: features once, the head on them, and where wanted the end of the backbone.
import { join, resolve } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Backbone } from "./backbones/open-backbone.ts";
import type { SplitName } from "./dataset/classes.ts";
import type { Prepared } from "./dataset/prepare.ts";
import type { ChosenEngines } from "./engines/find-engines.ts";
import { extractFeatures, type FeatureSet } from "./features/features.ts";
import { appendReadOut } from "./features/read-out.ts";
import { VariantExtractor } from "./features/variant-extractor.ts";
import { tuneClassifier } from "./fine-tune/tune-classifier.ts";
import { removeCheckpoint } from "./head/checkpoint.ts";
import { type TrainedHead, trainHead } from "./head/head.ts";
import { joinHead } from "./head/join.ts";
import type { Plan } from "./recipe.ts";
import { runFolder, type TuningRecord } from "./run/run-folder.ts";
import type { Settings } from "./train.ts";

/** The parts of a training that both steps need. */
export interface NetworkParts {
  readonly plan: Plan;
  readonly engines: ChosenEngines;
  readonly backbone: Backbone;
  readonly prepared: Prepared;
  /** Of the classes, in their order. */
  readonly labels: readonly string[];
}

export interface TrainedNetwork {
  readonly head: TrainedHead;
  /** Null where nothing but the head was trained. */
  readonly tuning: TuningRecord | null;
  /** From pictures to the rows that `model` takes. */
  readonly extractor: VariantExtractor;
  readonly featuresDir: string;
  readonly features: Readonly<Record<SplitName, FeatureSet>>;
  /** From rows to class scores. */
  readonly model: LayersModel;
  /** From pictures to class scores. */
  readonly classifier: LayersModel;
}

/** Throws TRAINING_FAILED, IMAGE_INVALID, DISK_FULL, OUTPUT_UNWRITABLE. */
export async function trainNetwork(settings: Settings, parts: NetworkParts): Promise<TrainedNetwork> {
  const { runDir, seed, epochsMax, patience, progress } = settings;
  const { plan, backbone, labels } = parts;
  const network = appendReadOut(backbone.network, plan.readOut);
  const extractor = extractorOf(settings, parts, network);
  const featuresDir = resolve(settings.featuresDir ?? join(runDir, runFolder.features));
  const features = await featuresOf(settings, parts, featuresDir, extractor);
  const checkpointPath = join(runDir, runFolder.checkpoint);
  const schedule = { classes: labels.length, seed, epochsMax, patience, checkpointPath, progress };
  const head = await trainHead(features.train, features.validation, { ...plan.head, ...schedule });
  const classifier = joinHead(network, head.model);
  const frozen = { head, tuning: null, extractor, featuresDir, features, model: head.model, classifier };
  return plan.fineTune === null ? frozen : tune(settings, parts, frozen);
}

/** What a stopped training would have gone on from; nobody needs it once the run is recorded. */
export async function removeCheckpoints(runDir: string): Promise<void> {
  for (const name of [runFolder.checkpoint, runFolder.tuneCheckpoint]) await removeCheckpoint(join(runDir, name));
}

function extractorOf({ seed }: Settings, { engines, backbone }: NetworkParts, network: LayersModel): VariantExtractor {
  return new VariantExtractor({ engine: engines.features, network, input: backbone.input, seed });
}

/** The processes end with it: a head is trained without them. */
async function featuresOf(
  { runDir, seed, progress }: Settings,
  { plan, prepared }: NetworkParts,
  featuresDir: string,
  extractor: VariantExtractor,
) {
  const preparedDir = join(runDir, runFolder.prepared);
  const { photos } = prepared;
  const { variants } = plan;
  try {
    return await extractFeatures({ photos, preparedDir, featuresDir, extractor, seed, variants, progress });
  } finally {
    await extractor.close();
  }
}

async function tune(settings: Settings, parts: NetworkParts, frozen: TrainedNetwork): Promise<TrainedNetwork> {
  const { plan, engines, labels } = parts;
  let extractor = frozen.extractor;
  const { tuner, features, history, bestEpoch } = await tuneClassifier({
    ...plan.fineTune!,
    classifier: frozen.classifier,
    featuresOf: (beginning) => {
      extractor = extractorOf(settings, parts, beginning);
      return featuresOf(settings, parts, frozen.featuresDir, extractor);
    },
    ...{ engines, classes: labels.length, batchSize: plan.head.batchSize },
    ...{ labelSmoothing: plan.head.labelSmoothing, classWeights: plan.head.classWeights },
    ...{ seed: settings.seed, progress: settings.progress },
    checkpointPath: join(settings.runDir, runFolder.tuneCheckpoint),
  });
  const tuning: TuningRecord = { history, bestEpoch };
  return { ...frozen, tuning, extractor, features, model: tuner.trained, classifier: tuner.join() };
}
