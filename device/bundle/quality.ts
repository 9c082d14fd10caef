// Placeholder.
export interface FaceQuality {
  readonly widthPx: number;
  readonly yawRatio: number;
}
export interface QualityLimits {
  readonly widthMinPx: number;
}
export type QualityFault = "too_small" | "too_dark" | "too_bright" | "too_blurred" | "turned_away" | "cut_off";
export type UnfitReason = QualityFault | "masked" | "occluded";

import type { Face } from "./faces.ts";
export const qualityLimits: QualityLimits = { widthMinPx: 40 };
export function measureQuality(
  _frame: { readonly widthPx: number; readonly heightPx: number },
  face: Face,
  _aligned: Float32Array,
): FaceQuality {
  return { widthPx: face.box.widthPx, yawRatio: 0 };
}
export function qualityFaultOf(quality: FaceQuality, limits: QualityLimits): QualityFault | null {
  return quality.widthPx >= limits.widthMinPx ? null : "too_small";
}
