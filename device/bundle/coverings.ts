// What covers a face, mask or dark glasses: how the network that looks for it sees the face, and the verdict of two heads.
import { alignFace, type Similarity, warpSquare } from "./alignment.ts";
import type { Face } from "./faces.ts";
import type { RgbImage } from "./image.ts";
import { decodeHead, type HeadPurpose, headScore, isSuspected, type LinearHead } from "./linear-head.ts";

/** Side of the network's input. */
export const coveringInputPx = 96;

/** Where the backbone is read: deep enough for parts of a face, not yet so deep that its six rows are one. Keras' name. */
export const coveringLayer = { name: "block_13_expand_relu", channels: 576 } as const;

/** Means are taken over bands from forehead to chin: what covers a face covers one and leaves another bare. */
const bands = 3;

/** Shape of the means over bands, as the network answers them. */
export const bandsShape: readonly number[] = [1, bands, 1, coveringLayer.channels];

export const coveringFeatures = bands * coveringLayer.channels;

/** The square that is looked at, in pixels of the aligned crop: from the brow to below the chin, ear to ear. */
const view = { leftPx: -4, topPx: 8, sidePx: 120 } as const;

/**
 * Warps a face into the network's view.
 *
 * @param out receives [96, 96, 3] values, 0 to 255
 */
export function warpCovering(image: RgbImage, face: Face, out: Float32Array): void {
  warpSquare(image, viewOf(alignFace(face.landmarks)), coveringInputPx, out);
}

function viewOf({ cos, sin, leftPx, topPx }: Similarity): Similarity {
  const pitch = view.sidePx / coveringInputPx;
  return {
    cos: cos * pitch,
    sin: sin * pitch,
    leftPx: leftPx + cos * view.leftPx - sin * view.topPx,
    topPx: topPx + sin * view.leftPx + cos * view.topPx,
  };
}

/** A head and the score from which it is believed. */
export interface Suspicion {
  readonly head: LinearHead;
  readonly scoreMin: number;
}

/** What is told of a covered face. */
export type Covering = "masked" | "occluded";

/** What covers a face; null for a bare one. What is no number counts as covered. */
export function coveringOf(
  features: Float32Array,
  { mask, occlusion }: { readonly mask: Suspicion | null; readonly occlusion: Suspicion | null },
): Covering | null {
  const holds = (suspicion: Suspicion | null) =>
    suspicion !== null && isSuspected(headScore(features, suspicion.head), suspicion.scoreMin);
  if (holds(mask)) return "masked";
  return holds(occlusion) ? "occluded" : null;
}

/** Throws MODEL_INVALID for a file that is no such head for these features. */
export function decodeCoveringHead(bytes: Uint8Array, purpose: Extract<HeadPurpose, "mask" | "occlusion">): LinearHead {
  return decodeHead(bytes, purpose, coveringFeatures);
}
