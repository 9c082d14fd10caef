// Learns what the verifier makes of a masked face: draws masks on the user's own photos, and fits a head on embeddings.
import type { Face } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import { type Example, type FittedHead, fitLinearHead } from "../linear-head/fit-linear-head.ts";
import { seededRandom } from "../seeded-random.ts";
import { imageOf } from "../spoof/canvas.ts";
import type { GenuinePhoto } from "../spoof/fit-presentation.ts";
import { findRendered } from "../spoof/view.ts";
import { renderMask } from "./render-mask.ts";

/** The embedding that the device would compare, of a face as the detector found it. */
export type Embed = (image: RgbImage, face: Face) => Float32Array;

export interface FitMaskOptions {
  /** Of the owner and of others, in any order. */
  readonly photos: readonly GenuinePhoto[];
  readonly detectFaces: FaceDetector;
  readonly embed: Embed;
  readonly masksPerPhoto: number;
  /** Share of bare faces that may be refused, measured on photos that were not fitted on. */
  readonly refusalsMax: number;
  readonly seed: number;
  readonly progress: Progress;
}

/** Below it a threshold means nothing. */
const photosMin = 12;

/** Throws DATASET_INVALID with too few photos; the same photos and seed give the same head. */
export function fitMaskHead(options: FitMaskOptions): FittedHead {
  const { photos, progress, seed, detectFaces, embed, masksPerPhoto } = options;
  if (photos.length < photosMin) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `at least ${photosMin} photos with a face, to learn what a masked one is`,
      found: String(photos.length),
      next: "Add photos to owner/ and others/.",
    });
  }
  progress.step("drawing masks", photos.length);
  const random = seededRandom(seed);
  const examples: Example[] = [];
  for (const [index, { image, face, group }] of photos.entries()) {
    examples.push({ features: embed(image, face), positive: false, kind: "bare", group });
    for (let i = 0; i < masksPerPhoto; i++) {
      const masked = imageOf(renderMask(image, face, random));
      // A masked face that the detector does not see opens nothing.
      const found = findRendered({ image: masked, faceBox: face.box }, detectFaces);
      if (found !== undefined) {
        examples.push({ features: embed(masked, found), positive: true, kind: "masked", group });
      }
    }
    progress.advance(index + 1);
  }
  return fitLinearHead(examples, {
    purpose: "mask",
    ridge: maskRidge,
    falseAlarmsMax: options.refusalsMax,
    folds: 4,
    seed,
  });
}

const maskRidge = 0.03;
