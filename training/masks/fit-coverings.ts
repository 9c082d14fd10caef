// Learns what covers a face: draws masks and dark glasses on the user's own photos, and fits two heads on what is seen.
import type { Face } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { CoveringExtractor } from "../../device/vision/covering-detector.ts";
import type { FaceRefiner } from "../../device/vision/refine-face.ts";
import { type Example, type FittedHead, fitLinearHead } from "../linear-head/fit-linear-head.ts";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";
import { drawCamera, ontoSensor, throughLens } from "../spoof/camera.ts";
import { type Canvas, canvasFrom } from "../spoof/canvas.ts";
import { betweenLog } from "../spoof/chance.ts";
import type { GenuinePhoto } from "../spoof/fit-presentation.ts";
import { reduce } from "../spoof/genuine-photos.ts";
import { renderMask } from "./render-mask.ts";
import { renderSunglasses } from "./render-sunglasses.ts";

export interface FitCoveringsOptions {
  /** Of the owner and of others, in any order. */
  readonly photos: readonly GenuinePhoto[];
  readonly refine: FaceRefiner;
  readonly extract: CoveringExtractor;
  /** Share of bare faces that each head may suspect, measured on photos that were not fitted on. */
  readonly falseAlarmsMax: number;
  readonly seed: number;
  readonly progress: Progress;
}

export interface CoveringHeads {
  readonly mask: FittedHead;
  readonly occlusion: FittedHead;
}

/** Below it a threshold means nothing. */
const photosMin = 12;

/** Strong, for there are more features than examples. */
const ridge = 0.03;

/** Throws DATASET_INVALID with too few photos; the same photos, seed and network give the same heads. */
export async function fitCoveringHeads(options: FitCoveringsOptions): Promise<CoveringHeads> {
  const { photos, progress, seed, falseAlarmsMax } = options;
  if (photos.length < photosMin) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `at least ${photosMin} photos with a face, to learn what a covered one is`,
      found: String(photos.length),
      next: "Add photos to owner/ and others/.",
    });
  }
  progress.step("drawing masks and glasses", photos.length);
  const random = seededRandom(seed);
  const seen: SeenFace[] = [];
  for (const [index, photo] of photos.entries()) {
    seen.push(...(await seeCovered(photo, options, random)));
    progress.advance(index + 1);
  }
  const fit = (purpose: "mask" | "occlusion", positive: SeenFace["kind"], without?: SeenFace["kind"]) => {
    const examples: Example[] = seen
      .filter(({ kind }) => kind !== without)
      .map((face) => ({ ...face, positive: face.kind === positive }));
    return fitLinearHead(examples, { purpose, ridge, falseAlarmsMax, folds: 4, seed });
  };
  // Whoever wears glasses wears no mask for it; a mask that its own head missed may as well be called a covering.
  return { mask: fit("mask", "masked"), occlusion: fit("occlusion", "glasses", "masked") };
}

interface SeenFace {
  readonly kind: "bare" | "masked" | "glasses";
  readonly features: Float32Array;
  readonly group: string;
}

type Draw = (image: RgbImage, face: Face, random: SeededRandom) => Canvas;

const bare: Draw = (image) => {
  const { widthPx, heightPx } = image;
  return canvasFrom(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, widthPx, heightPx);
};

/** How each photo is drawn; the camera is another each time. */
const drawings: readonly (readonly [SeenFace["kind"], Draw])[] = [
  ["bare", bare],
  ["masked", renderMask],
  ["glasses", renderSunglasses],
];

/** One photo as it is, and drawn upon, at the distances and through the cameras of a door. */
async function seeCovered(
  { image, face, group }: GenuinePhoto,
  { refine, extract }: FitCoveringsOptions,
  random: SeededRandom,
): Promise<SeenFace[]> {
  const seen: SeenFace[] = [{ kind: "bare", features: extract(image, refine(image, face)), group }];
  for (const [kind, draw] of drawings) {
    const near = reduce(image, face, { facePxMax: betweenLog(random, 45, 110), reachRatio: closeReachRatio });
    const canvas = draw(near.image, near.face, random);
    const camera = drawCamera(random);
    throughLens(canvas, camera);
    const frame = await ontoSensor(canvas, camera, random);
    seen.push({ kind, features: extract(frame, refine(frame, near.face)), group });
  }
  return seen;
}

/** Kept around the middle of the face to each side, in faces: more than the network's view and the refiner's. */
const closeReachRatio = 1.3;
