// Which squares of a photo are learnt: faces framed alike in every class that has faces, the middle of everything else.
import { type Face, frameFace } from "../../device/bundle/faces.ts";
import type { Region, RgbImage } from "../../device/bundle/image.ts";
import { centreSquare } from "../../device/bundle/resample.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import type { ClassFolder } from "./classes.ts";
import { assertLargeEnough } from "./photo.ts";

/** "whole" is the largest centred square, "centre" its middle, of every photo: what training without faces would see. */
export const framingKinds = ["face", "whole", "centre"] as const;
export type FramingKind = (typeof framingKinds)[number];

/** What decides how a prepared picture looks. */
export interface Framing {
  readonly kind: FramingKind;
  readonly sizePx: number;
  readonly faceMarginRatio: number;
  readonly faceWidthMinPx: number;
}

export interface FramingWithDetector extends Framing {
  readonly detectFaces: FaceDetector;
}

/** Of the largest centred square's side, where only the middle counts. */
const centreShare = 0.6;

/** Why a photo gave no picture. */
export interface Skip {
  readonly kind: "unreadable" | "no-face" | "too-small" | "left-out";
  readonly reason: string;
}

/** The owner's face, every face of others, the middle of an object; or why there is none. */
export function framePhoto(
  framing: FramingWithDetector,
  folder: ClassFolder,
  path: string,
  image: RgbImage,
): Region[] | Skip {
  try {
    assertLargeEnough(image, path);
  } catch (error) {
    if (error instanceof FacelatchError) return { kind: "too-small", reason: error.message };
    throw error;
  }
  const square = centreSquare(image);
  if (framing.kind === "centre") return [shrink(square, centreShare)];
  if (folder === "objects" || framing.kind === "whole") return [square];
  const found = framing.detectFaces(image);
  const faces = found.filter((face) => face.box.widthPx >= framing.faceWidthMinPx);
  if (faces.length === 0) {
    const largest = found[0] === undefined ? "none" : `one of ${found[0].box.widthPx.toFixed(0)} px`;
    const expected = `a face of at least ${framing.faceWidthMinPx} px`;
    return {
      kind: "no-face",
      reason: `expected ${expected}; found ${largest}. Move the photo to objects/ or remove it.`,
    };
  }
  const used = folder === "owner" ? [mainFace(faces, image)] : faces;
  return used.map((face) => frameFace(face, framing.faceMarginRatio));
}

function shrink({ leftPx, topPx, widthPx, heightPx }: Region, share: number): Region {
  const off = (1 - share) / 2;
  return {
    leftPx: leftPx + off * widthPx,
    topPx: topPx + off * heightPx,
    widthPx: share * widthPx,
    heightPx: share * heightPx,
  };
}

/** The face that a photo of one person is of: large and near the middle, for a passer-by may be nearer to the camera. */
function mainFace(faces: readonly Face[], { widthPx, heightPx }: RgbImage): Face {
  const weight = ({ box }: Face) => {
    const offX = box.leftPx + box.widthPx / 2 - widthPx / 2;
    const offY = box.topPx + box.heightPx / 2 - heightPx / 2;
    return box.widthPx * (1 - Math.hypot(offX, offY) / (Math.hypot(widthPx, heightPx) / 2));
  };
  return faces.reduce((best, face) => (weight(face) > weight(best) ? face : best));
}
