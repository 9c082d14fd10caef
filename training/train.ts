// One training, top to bottom: engines, weights, pictures, the network, its figures, who may pass, the file, the record, the report.
import type { Progress } from "../device/terminal/progress.ts";
import type { Engine } from "../device/vision/engine.ts";
import { openTfliteEngine } from "../device/vision/tflite-engine.ts";
import type { BackboneShape } from "./backbones/architectures.ts";
import { type Backbone, openBackbone } from "./backbones/open-backbone.ts";
import { faceMarginRatio as defaultFaceMarginRatio, notebookShape } from "./classifier-input.ts";
import type { FramingKind } from "./dataset/frame-photo.ts";
import { readHeldOutPaths } from "./dataset/held-out-paths.ts";
import type { Prepared } from "./dataset/prepare.ts";
import { learnDefences, openDefenceBackbone, usualDefencePhotosMax } from "./defences.ts";
import type { EngineName } from "./engines/engine.ts";
import { chooseEngines, findEngines } from "./engines/find-engines.ts";
import { useTensorEngine } from "./engines/tensor-engine.ts";
import { enrolPeople } from "./enrolment.ts";
import { chooseGate } from "./metrics.ts";
import { type PlanOptions, planOf } from "./recipe.ts";
import { reportRun } from "./report/report-run.ts";
import { predictSplits } from "./run/figures.ts";
import { scoreHeldOut } from "./run/held-out.ts";
import { framingOf, prepareRun, writeGoldenPhotos } from "./run/prepare-run.ts";
import { type EarlierRun, recordRun } from "./run/record-run.ts";
import type { RunRecord } from "./run/run-folder.ts";
import { shipClassifier } from "./ship-classifier.ts";
import { removeCheckpoints, trainNetwork } from "./train-network.ts";
import { makeFolder } from "./write-file.ts";

export interface TrainOptions extends PlanOptions {
  /** Holds owner/, others/ and objects/, and household/ where there are housemates. */
  readonly dataDir: string;
  readonly ownerLabel: string;
  readonly runDir: string;
  /** Of split, augmentation, weights and order. */
  readonly seed: number;
  readonly epochsMax: number;
  readonly patience: number;
  readonly backbone?: BackboneShape;
  /** `npm`, `keras`, or a path: see `openWeights`. */
  readonly weights?: string;
  readonly engine?: EngineName | "auto";
  /** How photos become squares; anything but faces is for comparison. */
  readonly framing?: FramingKind;
  readonly faceMarginRatio?: number;
  /** Paths below the data set's folder that are not trained on, but reported photo by photo. */
  readonly heldOut?: readonly string[];
  /** Where features are kept for later runs; the run's own folder by default. */
  readonly featuresDir?: string;
  /** "auto" ships int8 where the accuracy gate allows it. */
  readonly quantize?: "float32" | "auto";
  /** The share of strangers that may pass the verification, where there are enough of them to tell. */
  readonly farMax?: number;
  /** The run that this one is retrained from, whose prepared pictures are in this run's folder already. */
  readonly before?: EarlierRun;
  /** How many photos the defences are learnt from at most. */
  readonly defencePhotosMax?: number;
  readonly progress: Progress;
}

export type Settings = TrainOptions & Required<Omit<TrainOptions, keyof PlanOptions | "featuresDir" | "before">>;

/** What holds where nobody says otherwise. */
const defaults = {
  backbone: notebookShape,
  weights: "npm",
  engine: "auto",
  framing: "face",
  faceMarginRatio: defaultFaceMarginRatio,
  heldOut: [],
  quantize: "float32",
  farMax: 1e-4,
  defencePhotosMax: usualDefencePhotosMax,
} as const;

/** Throws DATASET_INVALID for photos that are to be held out and are not there. */
export async function settingsOf(given: TrainOptions): Promise<Settings> {
  return { ...defaults, ...given, heldOut: await readHeldOutPaths(given.dataDir, given.heldOut ?? []) };
}

/**
 * Trains on a folder of photos and leaves the run in `runDir`. Killed at any moment and started again, it ends with the
 * same weights.
 *
 * @throws FacelatchError DATASET_INVALID, ENGINE_UNAVAILABLE, INPUT_MISSING and INPUT_INVALID for weights,
 *   TRAINING_FAILED, CONVERT_UNSUPPORTED, DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function train(given: TrainOptions): Promise<RunRecord> {
  const startMs = performance.now();
  const settings = await settingsOf(given);
  const { progress, runDir } = settings;
  const labels = [settings.ownerLabel, "Others", "Objects"];
  const plan = planOf(settings);
  await makeFolder(runDir);
  const engines = chooseEngines(settings.engine, await findEngines());
  progress.say(`Engines: ${engines.description}`);
  await useTensorEngine(engines.head.engine);
  const backbone = await openBackbone({ shape: settings.backbone, weights: settings.weights, progress });

  const prepared = await prepareRun({ ...settings, grow: given.before !== undefined });
  const parts = { plan, engines, backbone, prepared, labels };
  const network = await trainNetwork(settings, parts);
  const { extractor, features, model, classifier } = network;

  const predictions = predictSplits(model, features, labels.length);
  const threshold = chooseGate(predictions.validation, 0);
  const held = { ...settings, framing: framingOf(settings), labels, extractor, head: model };
  const heldOut = await scoreHeldOut(held).finally(() => extractor.close());
  const device = openTfliteEngine({ threads: 1, delegate: "auto" });
  const protection = await protectDoor(settings, prepared, backbone, device);
  const conversion = await shipClassifier({ ...settings, labels }, device, backbone, classifier, features, threshold);
  await writeGoldenPhotos(settings, prepared);
  progress.end();

  const peakRssBytes = ownPeakRssBytes() + extractor.peakRssBytes;
  const outcome = { ...parts, network, predictions, threshold, heldOut, ...protection, conversion };
  const record = await recordRun(settings, { ...outcome, startMs, peakRssBytes });
  await reportRun(runDir, null);
  await removeCheckpoints(runDir);
  return record;
}

/**
 * Who may pass the verification, and what a print, a screen and a mask look like. Photos that are tested on, held out or
 * left out as near-duplicates are not looked at.
 */
async function protectDoor(settings: Settings, { photos }: Prepared, backbone: Backbone, engine: Engine) {
  const learnt = new Set(photos.filter(({ split }) => split !== "test").map(({ path }) => path));
  const isForTraining = (folder: "owner" | "others", photo: string) => learnt.has(`${folder}/${photo}`);
  const enrolment = await enrolPeople({ ...settings, isForTraining });
  const seen = await openDefenceBackbone(backbone, settings.progress);
  const defences = await learnDefences({ ...settings, engine, backbone: seen, isForTraining });
  return { enrolment, defences };
}

// libuv tells it in kilobytes on every platform.
const ownPeakRssBytes = () => process.resourceUsage().maxRSS * 1024;
