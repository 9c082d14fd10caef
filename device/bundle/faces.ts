// Face boxes out of BlazeFace's raw output: anchors, decoding, non-maximum suppression; and the framing of a face.
import type { Region } from "./image.ts";

export interface Point {
  readonly xPx: number;
  readonly yPx: number;
}

/** A face in pixels of the frame. */
export interface Face {
  readonly box: Region;
  /** Right eye, left eye, nose tip, mouth centre, right ear, left ear; right and left are the person's own. */
  readonly landmarks: readonly Point[];
  /** Detection score, 0 to 1. */
  readonly score: number;
}

/** Where the detector's square input lies in the frame: `frame = input * scale + offset`. */
export interface Letterbox {
  readonly region: Region;
  /** Frame pixels per input pixel. */
  readonly scale: number;
}

export const blazeFace = { inputPx: 128, anchors: 896, coordinates: 16, landmarks: 6 } as const;

/** Two anchors a cell on the 16 x 16 map and six on the 8 x 8 map, all of unit size: only their centres matter. */
const anchorCentres: Float32Array = (() => {
  const centres = new Float32Array(blazeFace.anchors * 2);
  let at = 0;
  for (const [cells, perCell] of [
    [16, 2],
    [8, 6],
  ] as const) {
    for (let cell = 0; cell < cells * cells * perCell; cell++) {
      const index = Math.floor(cell / perCell);
      centres[at++] = ((index % cells) + 0.5) / cells;
      centres[at++] = (Math.floor(index / cells) + 0.5) / cells;
    }
  }
  return centres;
})();

/** The smallest square that holds the whole frame, centred on it. */
export function letterbox(frame: { readonly widthPx: number; readonly heightPx: number }): Letterbox {
  const sidePx = Math.max(frame.widthPx, frame.heightPx);
  return {
    region: {
      leftPx: (frame.widthPx - sidePx) / 2,
      topPx: (frame.heightPx - sidePx) / 2,
      widthPx: sidePx,
      heightPx: sidePx,
    },
    scale: sidePx / blazeFace.inputPx,
  };
}

/**
 * Decodes the detector's output into faces, the largest first.
 *
 * @param regressors [1, 896, 16]: box centre, size and six landmarks, in input pixels relative to the anchor.
 * @param logits [1, 896, 1]
 * @param scoreMin faces below it are dropped
 * @param overlapMax intersection over union above which two boxes are one face, averaged by score
 */
export function decodeFaces(
  regressors: Float32Array,
  logits: Float32Array,
  box: Letterbox,
  scoreMin: number,
  overlapMax: number,
): Face[] {
  const logitMin = Math.log(scoreMin / (1 - scoreMin));
  const candidates: Face[] = [];
  for (let i = 0; i < blazeFace.anchors; i++) {
    if (logits[i]! >= logitMin) candidates.push(decodeFace(regressors, logits[i]!, i, box));
  }
  candidates.sort((a, b) => b.score - a.score);
  const faces: Face[] = [];
  while (candidates.length > 0) {
    const best = candidates[0]!;
    const same: Face[] = [];
    for (let i = candidates.length - 1; i >= 0; i--) {
      if (i === 0 || overlap(candidates[i]!.box, best.box) > overlapMax) same.push(...candidates.splice(i, 1));
    }
    faces.push(averageFace(same, best.score));
  }
  return faces.sort((a, b) => areaOf(b.box) - areaOf(a.box));
}

function decodeFace(regressors: Float32Array, logit: number, anchor: number, { region, scale }: Letterbox): Face {
  const at = anchor * blazeFace.coordinates;
  const x = (offset: number) =>
    (regressors[at + offset]! + anchorCentres[anchor * 2]! * blazeFace.inputPx) * scale + region.leftPx;
  const y = (offset: number) =>
    (regressors[at + offset]! + anchorCentres[anchor * 2 + 1]! * blazeFace.inputPx) * scale + region.topPx;
  const widthPx = Math.abs(regressors[at + 2]!) * scale;
  const heightPx = Math.abs(regressors[at + 3]!) * scale;
  const landmarks: Point[] = [];
  for (let k = 0; k < blazeFace.landmarks; k++) landmarks.push({ xPx: x(4 + 2 * k), yPx: y(5 + 2 * k) });
  return {
    box: { leftPx: x(0) - widthPx / 2, topPx: y(1) - heightPx / 2, widthPx, heightPx },
    landmarks,
    score: 1 / (1 + Math.exp(-logit)),
  };
}

function averageFace(same: readonly Face[], score: number): Face {
  const total = same.reduce((sum, face) => sum + face.score, 0);
  const mean = (value: (face: Face) => number) => same.reduce((sum, face) => sum + value(face) * face.score, 0) / total;
  return {
    box: {
      leftPx: mean((face) => face.box.leftPx),
      topPx: mean((face) => face.box.topPx),
      widthPx: mean((face) => face.box.widthPx),
      heightPx: mean((face) => face.box.heightPx),
    },
    landmarks: Array.from({ length: blazeFace.landmarks }, (_, k) => ({
      xPx: mean((face) => face.landmarks[k]!.xPx),
      yPx: mean((face) => face.landmarks[k]!.yPx),
    })),
    score,
  };
}

function areaOf(box: Region): number {
  return box.widthPx * box.heightPx;
}

function sharedArea(a: Region, b: Region): number {
  const width = Math.min(a.leftPx + a.widthPx, b.leftPx + b.widthPx) - Math.max(a.leftPx, b.leftPx);
  const height = Math.min(a.topPx + a.heightPx, b.topPx + b.heightPx) - Math.max(a.topPx, b.topPx);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/** Intersection over union of two boxes, 0 to 1. */
export function overlap(a: Region, b: Region): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/** The share of the smaller box that lies in the larger, 0 to 1. */
function insideRatio(a: Region, b: Region): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / Math.min(areaOf(a), areaOf(b));
}

/** Two boxes of which the smaller lies this much inside the larger are one face: a tile's edge had cut it. */
const insideMax = 0.7;

/** One face for each place, of those given the one with the highest score; highest scores first, equal ones in their order. */
export function distinctFaces(faces: readonly Face[], overlapMax: number): Face[] {
  const kept: Face[] = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    const same = ({ box }: Face) => overlap(box, face.box) > overlapMax || insideRatio(box, face.box) > insideMax;
    if (!kept.some(same)) kept.push(face);
  }
  return kept;
}

/** The least overlap of two views of one face. */
const matchOverlapMin = 0.3;

/** The face that lies where `box` is; null when none does. */
export function bestMatch(faces: readonly Face[], box: Region): Face | null {
  let best: Face | null = null;
  for (const face of faces) {
    const least = best === null ? matchOverlapMin : overlap(best.box, box);
    if (overlap(face.box, box) > least) best = face;
  }
  return best;
}

/**
 * The square that frames a face alike in every photo: centred on the box, its side the longer side of the box
 * times `marginRatio`.
 */
export function frameFace(face: Face, marginRatio: number): Region {
  const sidePx = Math.max(face.box.widthPx, face.box.heightPx) * marginRatio;
  return {
    leftPx: face.box.leftPx + face.box.widthPx / 2 - sidePx / 2,
    topPx: face.box.topPx + face.box.heightPx / 2 - sidePx / 2,
    widthPx: sidePx,
    heightPx: sidePx,
  };
}
