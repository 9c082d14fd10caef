// The defences that a run learns besides recognition: what a print, a screen and a covered face look like.
import { join } from "node:path";
import { encodeHead } from "../device/bundle/linear-head.ts";
import type { ModelInput } from "../device/bundle/manifest.ts";
import { presentationMarginRatio } from "../device/bundle/presentation.ts";
import { FacelatchError } from "../device/errors/errors.ts";
import type { Progress } from "../device/terminal/progress.ts";
import { openCoveringExtractor } from "../device/vision/covering-detector.ts";
import type { Engine } from "../device/vision/engine.ts";
import { openPresentationExtractor } from "../device/vision/presentation-detector.ts";
import { type Backbone, openBackbone } from "./backbones/open-backbone.ts";
import { faceWidthMinPx, notebookShape } from "./classifier-input.ts";
import { openTrainingDetector, openTrainingRefiner } from "./detector.ts";
import type { FittedHead } from "./linear-head/fit-linear-head.ts";
import { makeCoveringModel } from "./masks/covering-model.ts";
import { type CoveringHeads, fitCoveringHeads } from "./masks/fit-coverings.ts";
import { type DefenceRecord, type DefencesRecord, runFolder } from "./run/run-folder.ts";
import { fitPresentationHead } from "./spoof/fit-presentation.ts";
import { readGenuinePhotos } from "./spoof/genuine-photos.ts";
import { makePresentationModel } from "./spoof/presentation-model.ts";
import { replaceFile } from "./write-file.ts";

export interface DefencesOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  readonly runDir: string;
  readonly seed: number;
  /** Whether a photo, relative to its class's folder, may be learnt from: one of the test split may not. */
  readonly isForTraining: (folder: "owner" | "others", photo: string) => boolean;
  readonly engine: Engine;
  readonly backbone: Backbone;
  /** Fewer are learnt from sooner, and tell less. */
  readonly defencePhotosMax: number;
  readonly progress: Progress;
}

/** Each is rendered six times, about 0.2 s together. */
export const usualDefencePhotosMax = 160;
const scenesMax = 80;

/** Shares of genuine faces that a defence may refuse, of photos that it was not fitted on. */
const refusalsMax = {
  /** A covered face is not verified anyhow: its name helps, a wrong name misleads. */
  coverings: 0.01,
  /** Suspected in one frame, the owner passes in the next ones; who holds a picture passes every verification. */
  spoof: 0.02,
} as const;

/** A head that names fewer of the coverings that it was not fitted on is left out: its false alarms are not worth it. */
const namedMin = 0.6;

/**
 * Fits all heads and writes them into the run's folder; what cannot be learnt from so few photos is null, and said.
 */
export async function learnDefences(options: DefencesOptions): Promise<DefencesRecord> {
  const { progress, runDir } = options;
  const read = await readTrainingFaces(options);
  const coverings = await orNull(progress, "masks and dark glasses", () => learnCoverings(options, read));
  const spoof = await orNull(progress, "prints and screens", () => learnPresentations(options, read));
  const covering = coverings === null ? null : await writeCoverings(options, coverings);
  if (spoof !== null) {
    await replaceFile(join(runDir, runFolder.spoofHead), encodeHead(spoof));
    await replaceFile(join(runDir, runFolder.spoofModel), makePresentationModel(options.backbone));
  }
  return {
    photos: read.photos.length,
    coverings: covering,
    spoof: spoof === null ? null : { ...recordOf(spoof), faceMarginRatio: presentationMarginRatio },
  };
}

/** The network that prints and screens are told by: the run's own backbone where it is the one that is looked into. */
export async function openDefenceBackbone(backbone: Backbone, progress: Progress): Promise<Backbone> {
  const { name, alpha, sizePx } = backbone.shape;
  const isSame = name === notebookShape.name && alpha === notebookShape.alpha && sizePx === notebookShape.sizePx;
  return isSame ? backbone : openBackbone({ shape: notebookShape, weights: "npm", progress });
}

export type TrainingFaces = Awaited<ReturnType<typeof readGenuinePhotos>>;

/** The faces that both are learnt from, evenly out of all bursts and persons. */
export async function readTrainingFaces(options: Omit<DefencesOptions, "backbone" | "runDir">): Promise<TrainingFaces> {
  const detectFaces = await openTrainingDetector(options.engine);
  const photosMax = options.defencePhotosMax;
  return readGenuinePhotos({ ...options, detectFaces, faceWidthMinPx, photosMax, scenesMax });
}

export interface LearntCoverings extends CoveringHeads {
  /** The network's file, and what goes into it. */
  readonly model: Uint8Array;
  readonly input: ModelInput;
}

/** Throws DATASET_INVALID with too few photos. */
export async function learnCoverings(
  { engine, backbone, seed, progress }: Pick<DefencesOptions, "engine" | "backbone" | "seed" | "progress">,
  { photos }: TrainingFaces,
): Promise<LearntCoverings> {
  const { bytes, input } = makeCoveringModel(backbone);
  const extract = openCoveringExtractor(engine, bytes, input);
  const refine = await openTrainingRefiner(engine);
  const heads = await fitCoveringHeads({
    photos,
    refine,
    extract,
    falseAlarmsMax: refusalsMax.coverings,
    seed,
    progress,
  });
  return { ...heads, model: bytes, input };
}

/** Null where neither head names enough. */
async function writeCoverings(
  { runDir, progress }: Pick<DefencesOptions, "runDir" | "progress">,
  { mask, occlusion, model, input }: LearntCoverings,
): Promise<DefencesRecord["coverings"]> {
  const keep = async (head: FittedHead, kind: string, what: string, file: string): Promise<DefenceRecord | null> => {
    const { value } = head.suspected[kind]!;
    if (value < namedMin) {
      progress.say(`${what} go unnamed: only ${(100 * value).toFixed(0)} % of those drawn were told.`);
      return null;
    }
    await replaceFile(join(runDir, file), encodeHead(head));
    return recordOf(head);
  };
  const masks = await keep(mask, "masked", "Masks", runFolder.maskHead);
  const glasses = await keep(occlusion, "glasses", "Dark glasses", runFolder.occlusionHead);
  if (masks === null && glasses === null) return null;
  await replaceFile(join(runDir, runFolder.coveringModel), model);
  return { input, mask: masks, occlusion: glasses };
}

/** Throws DATASET_INVALID with too few photos. */
export async function learnPresentations(
  { engine, backbone, seed, progress }: Pick<DefencesOptions, "engine" | "backbone" | "seed" | "progress">,
  { photos, scenes }: TrainingFaces,
): Promise<FittedHead> {
  const frame = { input: backbone.input, faceMarginRatio: presentationMarginRatio };
  const extract = openPresentationExtractor(engine, makePresentationModel(backbone), frame);
  const detectFaces = await openTrainingDetector(engine);
  const fit = { rendersPerPhoto: 1, refusalsMax: refusalsMax.spoof, seed, progress };
  return fitPresentationHead({ photos, scenes, detectFaces, extract, ...fit });
}

async function orNull<T>(progress: Progress, what: string, fit: () => Promise<T>): Promise<T | null> {
  try {
    return await fit();
  } catch (error) {
    if (!(error instanceof FacelatchError) || error.code !== "DATASET_INVALID") throw error;
    progress.say(`No defence against ${what}: ${error.message}`);
    return null;
  }
}

function recordOf({ scoreMin, suspected }: FittedHead): DefenceRecord {
  return { scoreMin, suspected };
}
