// What lies around a face, as a small grey picture in the frame's own place: what two looks are compared by.
import { alignFace, type Similarity } from "./alignment.ts";
import { type Face, frameFace } from "./faces.ts";
import type { Region, RgbImage } from "./image.ts";
import { resample } from "./resample.ts";

/** Side of the small picture: a pixel of it is a twenty-fifth of a face, about what landmarks are off by. */
export const surroundPx = 80;

/** Side of the square that is looked at, in longer sides of the face box. */
const surroundRatio = 3.2;

export interface SurroundLook {
  /** The square around the face in pixels of the frame; may reach beyond it. */
  readonly region: Region;
  readonly frame: { readonly widthPx: number; readonly heightPx: number };
  /** Where the face is: its aligned crop in the frame. */
  readonly similarity: Similarity;
  /** The longer side of the face box. */
  readonly facePx: number;
  /** [surroundPx, surroundPx], 0 to 255. Never logged. */
  readonly luma: Uint8Array;
}

const rgb = new Float32Array(surroundPx * surroundPx * 3);

export function lookAround(image: RgbImage, face: Face): SurroundLook {
  const { widthPx, heightPx } = image;
  const region = frameFace(face, surroundRatio);
  resample(image, region, surroundPx, surroundPx, rgb);
  const luma = new Uint8Array(surroundPx * surroundPx);
  for (let i = 0; i < luma.length; i++) {
    luma[i] = Math.round(0.299 * rgb[i * 3]! + 0.587 * rgb[i * 3 + 1]! + 0.114 * rgb[i * 3 + 2]!);
  }
  return {
    region,
    frame: { widthPx, heightPx },
    similarity: alignFace(face.landmarks),
    facePx: Math.max(face.box.widthPx, face.box.heightPx),
    luma,
  };
}
