// The quality of a face in a frame: what can be measured of it, and whether it suffices to be judged.
import type { Face, Point } from "./faces.ts";

export interface FaceQuality {
  readonly widthPx: number;
  /** Mean luma of the aligned crop's middle, 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of the luma there. */
  readonly contrast: number;
  /** Energy of the luma's Laplacian as a share of its variance: low where fine detail is missing. */
  readonly sharpness: number;
  /** How far the nose lies to the side of the eyes' middle, in eye distances; 0 for a face seen from the front. */
  readonly yawRatio: number;
  /** How far the nose lies from the eyes towards the mouth, 0 to 1; about 0.5 for a face seen from the front. */
  readonly pitchRatio: number;
  /** Of the eye line, in degrees; 0 upright. */
  readonly rollDegrees: number;
  /** Share of the face box that lies in the frame. */
  readonly insideRatio: number;
}

export interface QualityLimits {
  readonly widthMinPx: number;
  readonly brightnessMin: number;
  readonly brightnessMax: number;
  readonly contrastMin: number;
  readonly sharpnessMin: number;
  readonly yawRatioMax: number;
  readonly insideRatioMin: number;
}

/** Why a face is not fit to be judged, by its picture alone. */
export type QualityFault = "too_small" | "too_dark" | "too_bright" | "too_blurred" | "turned_away" | "cut_off";

/** Why a face is not fit to be judged. */
export type UnfitReason = QualityFault | "masked" | "occluded";

/**
 * Beyond these the verifier's scores of the same person fall. Chosen on photos to enrol from, which were darkened,
 * lightened, blurred, shrunk and cut step by step: between the last step at which nineteen in twenty score 0.6 against
 * the person's other photos and the first at which they do not.
 */
export const qualityLimits: QualityLimits = {
  widthMinPx: 40,
  brightnessMin: 20,
  brightnessMax: 225,
  contrastMin: 5,
  sharpnessMin: 0.012,
  yawRatioMax: 0.6,
  insideRatioMin: 0.8,
};

/** The middle of the aligned crop: face, with little of hair and background. */
const middle = { fromX: 24, toX: 88, fromY: 32, toY: 104 } as const;
const sidePx = 112;

/**
 * Measures a face.
 *
 * @param aligned the aligned crop, [112, 112, 3], 0 to 255
 */
export function measureQuality(
  frame: { readonly widthPx: number; readonly heightPx: number },
  { box, landmarks }: Face,
  aligned: Float32Array,
): FaceQuality {
  return {
    widthPx: box.widthPx,
    ...measureCrop(aligned),
    ...measurePose(landmarks),
    insideRatio:
      (within(box.leftPx, box.widthPx, frame.widthPx) * within(box.topPx, box.heightPx, frame.heightPx)) /
      (box.widthPx * box.heightPx),
  };
}

/** How much of a stretch lies between 0 and `end`. */
function within(from: number, length: number, end: number): number {
  return Math.max(0, Math.min(end, from + length) - Math.max(0, from));
}

function measureCrop(aligned: Float32Array): Pick<FaceQuality, "brightness" | "contrast" | "sharpness"> {
  const luma = new Float32Array(sidePx * sidePx);
  for (let i = 0; i < luma.length; i++) {
    luma[i] = 0.299 * aligned[i * 3]! + 0.587 * aligned[i * 3 + 1]! + 0.114 * aligned[i * 3 + 2]!;
  }
  let [sum, squares, detail, pixels] = [0, 0, 0, 0];
  for (let y = middle.fromY; y < middle.toY; y++) {
    for (let x = middle.fromX; x < middle.toX; x++) {
      const at = y * sidePx + x;
      const value = luma[at]!;
      const laplacian = 4 * value - luma[at - 1]! - luma[at + 1]! - luma[at - sidePx]! - luma[at + sidePx]!;
      sum += value;
      squares += value * value;
      detail += laplacian * laplacian;
      pixels++;
    }
  }
  const brightness = sum / pixels;
  const variance = Math.max(0, squares / pixels - brightness ** 2);
  return { brightness, contrast: Math.sqrt(variance), sharpness: variance === 0 ? 0 : detail / pixels / variance };
}

function measurePose(landmarks: readonly Point[]): Pick<FaceQuality, "yawRatio" | "pitchRatio" | "rollDegrees"> {
  const [right, left, nose, mouth] = landmarks as readonly [Point, Point, Point, Point];
  const across = { x: left.xPx - right.xPx, y: left.yPx - right.yPx };
  const eyesPx = Math.hypot(across.x, across.y);
  const from = { x: (left.xPx + right.xPx) / 2, y: (left.yPx + right.yPx) / 2 };
  // Along the eye line, and from the eyes down the face.
  const along = (point: Point) => ((point.xPx - from.x) * across.x + (point.yPx - from.y) * across.y) / eyesPx;
  const down = (point: Point) => ((point.yPx - from.y) * across.x - (point.xPx - from.x) * across.y) / eyesPx;
  return {
    yawRatio: along(nose) / eyesPx,
    pitchRatio: down(nose) / down(mouth),
    rollDegrees: (Math.atan2(across.y, across.x) * 180) / Math.PI,
  };
}

/** Why a face cannot be judged; null when it can. Written so that a measure that is no number is a fault. */
export function qualityFaultOf(quality: FaceQuality, limits: QualityLimits): QualityFault | null {
  if (!(quality.insideRatio >= limits.insideRatioMin)) return "cut_off";
  if (!(quality.widthPx >= limits.widthMinPx)) return "too_small";
  if (!(quality.brightness >= limits.brightnessMin)) return "too_dark";
  if (!(quality.brightness <= limits.brightnessMax)) return "too_bright";
  if (!(Math.abs(quality.yawRatio) <= limits.yawRatioMax)) return "turned_away";
  if (!(quality.contrast >= limits.contrastMin)) return "too_dark";
  return quality.sharpness >= limits.sharpnessMin ? null : "too_blurred";
}
