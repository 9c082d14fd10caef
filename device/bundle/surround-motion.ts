// A flat picture takes its surround along when it moves; a head moves before one that stands still. Two looks tell.
import type { Similarity } from "./alignment.ts";
import type { Point } from "./faces.ts";
import { type SurroundLook, surroundPx } from "./surround.ts";

/** A look and when its frame was captured, on the monotonic clock. */
export interface SeenSurround {
  readonly look: SurroundLook;
  readonly capturedAtMs: number;
}

export interface SurroundStep {
  /** What the next look is to be compared with. */
  readonly reference: SeenSurround;
  /**
   * How much likelier the surround went along with the face than stood still, as a natural logarithm within
   * `logRatioMax`; null where too little moved to tell, or too much.
   */
  readonly logRatio: number | null;
}

/** No two looks say more than this, whatever they show: one that is wrong must not decide. */
export const logRatioMax = 2;

/** How far the face must have moved, in faces: less is within what landmarks are off by. More, and little is seen twice. */
const travelMin = 0.05;
const travelMax = 0.5;
const ageMaxMs = 1_000;

/**
 * What lies around a head and does not belong to it, in faces from the face's middle: beyond an ellipse that holds hair
 * and ears, and above the shoulders, which go along with every head. Chosen on recordings of people before a webcam.
 */
const head = { across: 0.9, up: 1.3 } as const;
const reach = 1.4;
const shouldersFrom = 0.3;

/** Where both answers look alike to this many levels, noise would choose between them. */
const differenceMin = 8;
/** How clearly a pixel must fit one of them better: 0 fits both alike, 1 fits one as well as can be. */
const preferenceMin = 0.3;

/** Shares of pixels that fit "went along" better: before a flat picture that moves, and around a living head. */
const alongShare = { flat: 0.7, living: 0.1 } as const;
const alongWeight = Math.log(alongShare.flat / alongShare.living);
const stillWeight = Math.log((1 - alongShare.flat) / (1 - alongShare.living));
/** Neighbours say the same: so many pixels count as one. */
const pixelsPerTrial = 10;

/** Compares a look with the reference, once the face has moved away from it; the reference is null before the first. */
export function compareSurround(reference: SeenSurround | null, now: SeenSurround): SurroundStep {
  if (reference === null || !areComparable(reference, now)) return { reference: now, logRatio: null };
  const motion = motionBetween(reference.look.similarity, now.look.similarity);
  const travel = travelOf(motion, reference.look);
  if (!(travel <= travelMax)) return { reference: now, logRatio: null };
  if (travel < travelMin) return { reference, logRatio: null };
  return { reference: now, logRatio: logRatioOf(reference.look, now.look, motion) };
}

function areComparable(reference: SeenSurround, now: SeenSurround): boolean {
  const { frame } = reference.look;
  const ageMs = now.capturedAtMs - reference.capturedAtMs;
  const sameFrame = frame.widthPx === now.look.frame.widthPx && frame.heightPx === now.look.frame.heightPx;
  return sameFrame && ageMs > 0 && ageMs <= ageMaxMs;
}

/** The similarity of the frame that takes a face from one look to the other. */
function motionBetween(from: Similarity, to: Similarity): Similarity {
  const square = from.cos ** 2 + from.sin ** 2;
  const cos = (to.cos * from.cos + to.sin * from.sin) / square;
  const sin = (to.sin * from.cos - to.cos * from.sin) / square;
  return {
    cos,
    sin,
    leftPx: to.leftPx - (cos * from.leftPx - sin * from.topPx),
    topPx: to.topPx - (sin * from.leftPx + cos * from.topPx),
  };
}

function move({ cos, sin, leftPx, topPx }: Similarity, xPx: number, yPx: number): Point {
  return { xPx: cos * xPx - sin * yPx + leftPx, yPx: sin * xPx + cos * yPx + topPx };
}

function middleOf({ region }: SurroundLook): Point {
  return { xPx: region.leftPx + region.widthPx / 2, yPx: region.topPx + region.heightPx / 2 };
}

/** How far the surround would go along, in faces: the mean of the face's middle and a face's length aside and above. */
function travelOf(motion: Similarity, look: SurroundLook): number {
  const middle = middleOf(look);
  const places = [
    [0, 0],
    [-1, 0],
    [1, 0],
    [0, -1],
  ] as const;
  let sum = 0;
  for (const [across, down] of places) {
    const xPx = middle.xPx + across * look.facePx;
    const yPx = middle.yPx + down * look.facePx;
    const moved = move(motion, xPx, yPx);
    sum += Math.hypot(moved.xPx - xPx, moved.yPx - yPx);
  }
  return sum / places.length / look.facePx;
}

/** A place of the first look, and what the second one holds there and where the face's motion would have taken it. */
interface Place {
  /** 0 to the left of the face, 1 above, 2 to the right. */
  readonly side: number;
  readonly before: number;
  readonly there: number;
  readonly along: number;
}

function logRatioOf(from: SurroundLook, to: SurroundLook, motion: Similarity): number {
  const places = placesAround(from, to, motion);
  // Exposure may have changed between the two.
  const gain =
    sumOf(places, ({ there }) => there) /
    Math.max(
      1,
      sumOf(places, ({ before }) => before),
    );
  const sides = [0, 0, 0];
  for (const { side, before, there, along } of places) {
    const difference = Math.abs(there - along);
    if (difference < differenceMin) continue;
    const expected = before * gain;
    const preference = (Math.abs(expected - there) - Math.abs(expected - along)) / difference;
    if (Math.abs(preference) <= preferenceMin) continue;
    sides[side]! += (preference > 0 ? alongWeight : stillWeight) / pixelsPerTrial;
  }
  // A hat, or hair on one side, goes along with a living head: the side that speaks most for a picture does not count.
  const total = sides.reduce((sum, side) => sum + side, 0) - Math.max(0, ...sides);
  return Math.max(-logRatioMax, Math.min(logRatioMax, total));
}

function placesAround(from: SurroundLook, to: SurroundLook, motion: Similarity): Place[] {
  const places: Place[] = [];
  const middle = middleOf(from);
  const pitchPx = from.region.widthPx / surroundPx;
  for (let row = 0; row < surroundPx; row++) {
    const yPx = from.region.topPx + (row + 0.5) * pitchPx;
    const down = (yPx - middle.yPx) / from.facePx;
    if (down >= shouldersFrom || yPx < 0) continue;
    for (let column = 0; column < surroundPx; column++) {
      const xPx = from.region.leftPx + (column + 0.5) * pitchPx;
      const across = (xPx - middle.xPx) / from.facePx;
      if ((across / head.across) ** 2 + (down / head.up) ** 2 <= 1 || Math.hypot(across, down) >= reach) continue;
      if (!isInFrame(from, xPx, yPx)) continue;
      const there = lumaAt(to, xPx, yPx);
      const moved = move(motion, xPx, yPx);
      const along = lumaAt(to, moved.xPx, moved.yPx);
      if (there === null || along === null) continue;
      const side = -down > Math.abs(across) ? 1 : across < 0 ? 0 : 2;
      places.push({ side, before: from.luma[row * surroundPx + column]!, there, along });
    }
  }
  return places;
}

function sumOf(places: readonly Place[], lumaOf: (place: Place) => number): number {
  return places.reduce((sum, place) => sum + lumaOf(place), 0);
}

function isInFrame({ frame }: SurroundLook, xPx: number, yPx: number): boolean {
  return xPx >= 0 && yPx >= 0 && xPx < frame.widthPx && yPx < frame.heightPx;
}

/** Bilinear at a place of the frame; null where the look does not reach. */
function lumaAt(look: SurroundLook, xPx: number, yPx: number): number | null {
  const { region, luma } = look;
  const x = ((xPx - region.leftPx) / region.widthPx) * surroundPx - 0.5;
  const y = ((yPx - region.topPx) / region.heightPx) * surroundPx - 0.5;
  if (!(x >= 0 && y >= 0 && x < surroundPx - 1 && y < surroundPx - 1) || !isInFrame(look, xPx, yPx)) return null;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const at = top * surroundPx + left;
  const above = luma[at]! + (luma[at + 1]! - luma[at]!) * (x - left);
  const lower = at + surroundPx;
  const below = luma[lower]! + (luma[lower + 1]! - luma[lower]!) * (x - left);
  return above + (below - above) * (y - top);
}
