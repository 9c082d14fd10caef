// The defences that a run learns besides recognition: what a print, a screen and a masked face look like.
import { join } from "node:path";
import { encodeHead } from "../device/bundle/linear-head.ts";
import { presentationMarginRatio } from "../device/bundle/presentation.ts";
import { FacelatchError } from "../device/errors/errors.ts";
import type { Progress } from "../device/terminal/progress.ts";
import type { Engine } from "../device/vision/engine.ts";
import { openFaceEmbedder } from "../device/vision/face-embedder.ts";
import { openPresentationExtractor } from "../device/vision/presentation-detector.ts";
import { openFaceRefiner } from "../device/vision/refine-face.ts";
import { type Backbone, openBackbone } from "./backbones/open-backbone.ts";
import { faceWidthMinPx, notebookShape } from "./classifier.ts";
import { detectorSettings, openTrainingDetector, readDetectorModel } from "./detector.ts";
import type { FittedHead } from "./linear-head/fit-linear-head.ts";
import { type Embed, fitMaskHead } from "./masks/fit-mask.ts";
import { type DefenceRecord, type DefencesRecord, runFolder } from "./run-folder.ts";
import { fitPresentationHead } from "./spoof/fit-presentation.ts";
import { readGenuinePhotos } from "./spoof/genuine-photos.ts";
import { makePresentationModel } from "./spoof/presentation-model.ts";
import { readVerifierModel } from "./verifier/verifier-model.ts";
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
  readonly progress: Progress;
}

/** Each photo is rendered three times and read five times more, about 0.2 s together. */
const photosMax = 160;
const scenesMax = 80;

/** Share of genuine faces that each defence may refuse, of photos that it was not fitted on. */
const refusalsMax = 0.01;

/**
 * Fits both heads and writes them into the run's folder; what cannot be learnt from so few photos is null, and said.
 */
export async function learnDefences(options: DefencesOptions): Promise<DefencesRecord> {
  const { progress, runDir } = options;
  const read = await readTrainingFaces(options);
  const mask = await orNull(progress, "masks", () => learnMasks(options, read));
  const spoof = await orNull(progress, "prints and screens", () => learnPresentations(options, read));
  if (mask !== null) await replaceFile(join(runDir, runFolder.maskHead), encodeHead(mask));
  if (spoof !== null) {
    await replaceFile(join(runDir, runFolder.spoofHead), encodeHead(spoof));
    await replaceFile(join(runDir, runFolder.spoofModel), makePresentationModel(options.backbone));
  }
  return {
    photos: read.photos.length,
    mask: mask === null ? null : recordOf(mask),
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
  return readGenuinePhotos({ ...options, detectFaces, faceWidthMinPx, photosMax, scenesMax });
}

/** Throws DATASET_INVALID with too few photos. */
export async function learnMasks(
  { engine, seed, progress }: Pick<DefencesOptions, "engine" | "seed" | "progress">,
  { photos }: TrainingFaces,
): Promise<FittedHead> {
  const detectFaces = await openTrainingDetector(engine);
  const embed = await openEmbed(engine);
  return fitMaskHead({ photos, detectFaces, embed, masksPerPhoto: 2, refusalsMax, seed, progress });
}

/** Throws DATASET_INVALID with too few photos. */
export async function learnPresentations(
  { engine, backbone, seed, progress }: Pick<DefencesOptions, "engine" | "backbone" | "seed" | "progress">,
  { photos, scenes }: TrainingFaces,
): Promise<FittedHead> {
  const frame = { input: backbone.input, faceMarginRatio: presentationMarginRatio };
  const extract = openPresentationExtractor(engine, makePresentationModel(backbone), frame);
  const detectFaces = await openTrainingDetector(engine);
  return fitPresentationHead({ photos, scenes, detectFaces, extract, rendersPerPhoto: 1, refusalsMax, seed, progress });
}

/** What the device's own analysis compares: refined, aligned, embedded. */
export async function openEmbed(engine: Engine): Promise<Embed> {
  const { input, ...rest } = detectorSettings;
  const refine = openFaceRefiner(engine, await readDetectorModel(), {
    ...rest,
    input: { ...input, shape: [...input.shape] },
  });
  const verifier = await readVerifierModel();
  const embedFace = openFaceEmbedder(engine, verifier.bytes, verifier.settings);
  return (image, face) => embedFace(image, refine(image, face)).embedding;
}

async function orNull(
  progress: Progress,
  what: string,
  fit: () => FittedHead | Promise<FittedHead>,
): Promise<FittedHead | null> {
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
