// Alignment: the similarity warp that brings a face to the place where embedding models learnt to see one.
import type { Point } from "./faces.ts";
import type { RgbImage } from "./image.ts";
import { resample } from "./resample.ts";

/** Side of the aligned crop. */
export const alignedPx = 112;

/** Embeddings of one version mean nothing in another: raise it with every change to what the crop holds. */
export const alignmentVersion = 1;

/**
 * From the aligned crop to the frame: `frame = [cos -sin; sin cos] * crop + [left, top]`, all in pixels, where a
 * pixel's centre lies at half-integers. The cosine and sine carry the scale, frame pixels per crop pixel.
 */
export interface Similarity {
  readonly cos: number;
  readonly sin: number;
  readonly leftPx: number;
  readonly topPx: number;
}

/**
 * Where the right eye, the left eye and the mouth's centre lie in the crop.
 *
 * Source: the five-point template that ArcFace and its successors are trained with, which counts from the first
 * pixel's centre: half a pixel is added. The mouth's centre is the mean of its corners. All lies another 1.5 px lower:
 * this detector's points are not quite those that the template was made for, and so a person is told best from others.
 */
const template: readonly { readonly landmark: number; readonly xPx: number; readonly yPx: number }[] = [
  { landmark: 0, xPx: 38.7946, yPx: 53.6963 },
  { landmark: 1, xPx: 74.0318, yPx: 53.5014 },
  { landmark: 3, xPx: 56.6396, yPx: 94.2848 },
];

/**
 * The similarity that fits the template to a face best, by least squares in the crop's pixels.
 *
 * @param landmarks the detector's six; nose and ears are left out, for they move against the rest when a head turns
 */
export function alignFace(landmarks: readonly Point[]): Similarity {
  const count = template.length;
  const points = template.map(({ landmark }) => landmarks[landmark]!);
  const meanOf = (valueAt: (k: number) => number) => template.reduce((sum, _, k) => sum + valueAt(k), 0) / count;
  const cropX = meanOf((k) => template[k]!.xPx);
  const cropY = meanOf((k) => template[k]!.yPx);
  const frameX = meanOf((k) => points[k]!.xPx);
  const frameY = meanOf((k) => points[k]!.yPx);
  let along = 0;
  let across = 0;
  let spread = 0;
  for (let k = 0; k < count; k++) {
    const u = template[k]!.xPx - cropX;
    const v = template[k]!.yPx - cropY;
    const x = points[k]!.xPx - frameX;
    const y = points[k]!.yPx - frameY;
    along += u * x + v * y;
    across += u * y - v * x;
    spread += u * u + v * v;
  }
  const cos = along / spread;
  const sin = across / spread;
  return { cos, sin, leftPx: frameX - cos * cropX + sin * cropY, topPx: frameY - sin * cropX - cos * cropY };
}

/** The part of the frame around a face, upright and never larger than it need be, that the warp reads from. */
let patch = new Float32Array(0);

/**
 * Warps a face into the aligned crop.
 *
 * @param out receives [112, 112, 3] values, 0 to 255
 */
export function warpAligned(image: RgbImage, similarity: Similarity, out: Float32Array): void {
  warpSquare(image, similarity, alignedPx, out);
}

/**
 * Warps a turned square of the frame into an upright one.
 *
 * Where the square shrinks, that part of the frame is shrunk first, with the one antialiased resize, so that fine
 * detail is averaged; then each pixel is read between its four neighbours. What lies outside the frame repeats its
 * border.
 *
 * @param similarity from the upright square to the frame
 * @param out receives [sizePx, sizePx, 3] values, 0 to 255
 */
export function warpSquare(image: RgbImage, similarity: Similarity, sizePx: number, out: Float32Array): void {
  const { cos, sin, leftPx, topPx } = similarity;
  const pitchPx = Math.max(1, Math.hypot(cos, sin));
  // The square's bounding box, with a pixel more on each side for the neighbours of its edges.
  const marginPx = pitchPx + 1;
  const originXPx = Math.floor(leftPx + sizePx * (Math.min(0, cos) + Math.min(0, -sin)) - marginPx);
  const originYPx = Math.floor(topPx + sizePx * (Math.min(0, sin) + Math.min(0, cos)) - marginPx);
  const reachPx = sizePx * (Math.abs(cos) + Math.abs(sin)) + 2 * marginPx + 1;
  const sidePx = Math.ceil(reachPx / pitchPx);
  const lengthPx = sidePx * pitchPx;
  const values = sidePx * sidePx * 3;
  if (patch.length < values) patch = new Float32Array(values);
  const region = { leftPx: originXPx, topPx: originYPx, widthPx: lengthPx, heightPx: lengthPx };
  resample(image, region, sidePx, sidePx, patch.subarray(0, values));
  const inPatch = { cos: cos / pitchPx, sin: sin / pitchPx };
  readBetween(sidePx, inPatch, (leftPx - originXPx) / pitchPx, (topPx - originYPx) / pitchPx, sizePx, out);
}

/** Bilinear reading of the patch, `sidePx` wide, at every pixel centre of a square of `sizePx`. */
function readBetween(
  sidePx: number,
  { cos, sin }: { readonly cos: number; readonly sin: number },
  leftPx: number,
  topPx: number,
  sizePx: number,
  out: Float32Array,
): void {
  const row = sidePx * 3;
  const from = patch;
  let to = 0;
  for (let v = 0.5; v < sizePx; v++) {
    let x = cos * 0.5 - sin * v + leftPx - 0.5;
    let y = sin * 0.5 + cos * v + topPx - 0.5;
    for (let u = 0; u < sizePx; u++, x += cos, y += sin) {
      const x0 = Math.floor(x);
      const y0 = Math.floor(y);
      const right = x - x0;
      const below = y - y0;
      const at = y0 * row + x0 * 3;
      for (let k = at; k < at + 3; k++) {
        const upper = from[k]! + (from[k + 3]! - from[k]!) * right;
        const lower = from[k + row]! + (from[k + row + 3]! - from[k + row]!) * right;
        out[to++] = upper + (lower - upper) * below;
      }
    }
  }
}
