// How near the face is and how much of the picture surrounds it: drawn alike for genuine photos and attacks.
import { type Face, overlap, type Point } from "../../device/bundle/faces.ts";
import type { Region, RgbImage } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type Canvas, canvasFrom } from "./canvas.ts";
import { between, betweenLog, happens } from "./chance.ts";
import type { PhotoWithFace } from "./medium.ts";

export interface View {
  /** Width of the face in the picture. */
  readonly facePx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Of the face. */
  readonly centre: Point;
}

/** A rendered picture, and where its face is about. */
export interface Rendered {
  readonly image: RgbImage;
  readonly faceBox: Region;
}

/** Below this overlap of boxes the detector found another face, such as that of whoever holds the thing. */
const overlapMin = 0.3;

/** The face that was rendered, as the detector finds it; undefined where it does not. */
export function findRendered({ image, faceBox }: Rendered, detectFaces: (image: RgbImage) => Face[]): Face | undefined {
  return detectFaces(image)
    .filter(({ box }) => overlap(box, faceBox) > overlapMin)
    .sort((a, b) => overlap(b.box, faceBox) - overlap(a.box, faceBox))[0];
}

/** The longest side of a rendered picture. */
const sidePxMax = 900;

/** From the middle of the face to the picture's edge, in faces: the nearest that a face is cut, the farthest kept. */
const marginMin = 0.7;
const marginMax = 2.4;

/**
 * A picture whose margins around the face, in faces, are at most those of a photo: attacks take them from genuine
 * photos, so that neither the place of the face nor a frame that reaches beyond the picture tells anything.
 */
export function drawView({ image, face }: PhotoWithFace, random: SeededRandom): View {
  const { box } = face;
  const side = Math.max(box.widthPx, box.heightPx);
  const cut = happens(random, 0.3) ? 1 : 0;
  const margin = (lengthPx: number): number => {
    const whole = Math.max(marginMin, lengthPx / side);
    return whole - cut * random.next() * (Math.min(whole, marginMax) - marginMin) - Math.max(0, whole - marginMax);
  };
  const centre = { xPx: box.leftPx + box.widthPx / 2, yPx: box.topPx + box.heightPx / 2 };
  const left = margin(centre.xPx);
  const top = margin(centre.yPx);
  const right = margin(image.widthPx - centre.xPx);
  const bottom = margin(image.heightPx - centre.yPx);
  const facePx = Math.min(betweenLog(random, 45, 170), sidePxMax / Math.max(left + right, top + bottom));
  return {
    facePx,
    widthPx: Math.round((left + right) * facePx),
    heightPx: Math.round((top + bottom) * facePx),
    centre: { xPx: left * facePx, yPx: top * facePx },
  };
}

/** The square of the view's face. */
export function faceBoxOf({ facePx, centre }: View): Region {
  return { leftPx: centre.xPx - facePx / 2, topPx: centre.yPx - facePx / 2, widthPx: facePx, heightPx: facePx };
}

/** A part of a scene that fills the view. */
export function sceneBehind(scene: RgbImage, { widthPx, heightPx }: View, random: SeededRandom): Canvas {
  const aspect = widthPx / heightPx;
  const tallest = Math.min(scene.heightPx, scene.widthPx / aspect);
  const regionHeightPx = tallest * between(random, 0.5, 1);
  const region: Region = {
    widthPx: regionHeightPx * aspect,
    heightPx: regionHeightPx,
    leftPx: between(random, 0, scene.widthPx - regionHeightPx * aspect),
    topPx: between(random, 0, scene.heightPx - regionHeightPx),
  };
  return canvasFrom(scene, region, widthPx, heightPx);
}

/** The photo itself in the view that was drawn for it. */
export function photoInView({ image, face: { box } }: PhotoWithFace, view: View): Canvas {
  const scale = Math.max(box.widthPx, box.heightPx) / view.facePx;
  const region: Region = {
    leftPx: box.leftPx + box.widthPx / 2 - view.centre.xPx * scale,
    topPx: box.topPx + box.heightPx / 2 - view.centre.yPx * scale,
    widthPx: view.widthPx * scale,
    heightPx: view.heightPx * scale,
  };
  return canvasFrom(image, region, view.widthPx, view.heightPx);
}
