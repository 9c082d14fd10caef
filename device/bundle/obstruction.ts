// Whether a picture without a face shows anything at all: no light, or light without a single edge, as through a covered lens.
import assert from "node:assert/strict";
import type { LumaPicture } from "./motion.ts";
import { qualityLimits } from "./quality.ts";

/** "black": no light reaches the sensor. "covered": light does, but nothing is in focus. */
export type Obstruction = "black" | "covered";

/**
 * A blurred edge is a step convolved with the lens's blur circle. What lies within a few millimetres of a lens has a circle
 * as wide as the aperture seen from there: 1.5 mm of aperture (a Pi camera) make an eighth of the picture's width at 10 mm.
 */
const blurRatioMin = 1 / 8;

/** The distance over which detail is looked for, as a share of the picture's width: a tenth of that circle. */
const stepRatio = 1 / 80;

/**
 * Noise of a pixel of the small picture, in levels: 8 levels a frame pixel, a camera at dusk, over 64 of them. What exceeds
 * it is texture, which no blurred picture has.
 */
const noiseMax = 1;

/** The deviation of `a - 2b + c` of independent noise. */
const secondDifferenceGain = Math.sqrt(6);

/** All but `strayPlaces` of 40,000 normal deviates lie within 3.4 deviations; the rest is for an estimate's error. */
const noiseDeviations = 4.2;

/** What rounding and a coarse JPEG make of a smooth shade: a step of its mean luma. */
const roundingMax = 2.5;

/** The deviation of normal deviates over the median of their amounts. */
const deviationPerMedian = 1 / 0.6745;

/** So many pixels of the small picture may stick out, as hot ones do: fewer than the middle of the smallest face that counts. */
const strayMax = 4;

/** Each of them bends six places, three in its row and three in its column. */
const strayPlaces = 6 * strayMax;

/**
 * Surfaces next to each other differ by a fifth of their light, or more. Where noise alone bends the picture by as much, it
 * hides what a cover would, and nothing is said of it.
 */
const contrastMin = 0.2;

/**
 * What obstructs the view, by a grey picture at an eighth of the frame's size. "black" holds no face that would be light
 * enough to be judged; "covered" is also what fog, and an even wall that fills the picture, look like.
 */
export function obstructionOf(picture: LumaPicture): Obstruction | null {
  const { data, widthPx, heightPx } = picture;
  assert.equal(data.length, widthPx * heightPx, "a grey picture has one byte a pixel");
  const counts = new Uint32Array(256);
  for (const luma of data) counts[luma]!++;
  const brightest = exceededBy(counts, strayMax);
  if (brightest < qualityLimits.brightnessMin) return "black";
  const noise = noiseOf(picture);
  const median = exceededBy(counts, Math.floor(data.length / 2));
  if (median * contrastMin < noise) return null;
  return countEdges(picture, noise) <= strayPlaces ? "covered" : null;
}

/**
 * In how many places the picture bends more than a blurred one can. At the rim of the circle of diameter D an edge's profile
 * begins as (16 / 3 pi) (x / D)^1.5 of the edge, which a stretch of D on both sides shows the whole of; two rims may meet.
 *
 * @param noise what noise alone may bend it by
 */
function countEdges(picture: LumaPicture, noise: number): number {
  const { data, widthPx } = picture;
  const step = Math.max(1, Math.round(widthPx * stepRatio));
  const circle = Math.max(step, 2 * Math.round((widthPx * blurRatioMin) / 2));
  const share = 2 * (16 / (3 * Math.PI)) * (step / circle) ** 1.5;
  let edges = 0;
  forEachLine(picture, (from, apart, length) => {
    const at = (n: number) => data[from + n * apart]!;
    for (let n = circle; n < length - circle; n++) {
      const bend = Math.abs(at(n - step) - 2 * at(n) + at(n + step));
      if (bend <= noise) continue;
      const around = [at(n - circle), at(n - circle / 2), at(n), at(n + circle / 2), at(n + circle)];
      if (bend > noise + share * (Math.max(...around) - Math.min(...around))) edges++;
    }
  });
  return edges;
}

/** What noise alone bends a picture by: told from neighbours, and never more than a camera's noise at dusk. */
function noiseOf(picture: LumaPicture): number {
  const { data } = picture;
  const counts = new Uint32Array(256);
  let places = 0;
  forEachLine(picture, (from, apart, length) => {
    for (let at = from + apart; at < from + (length - 1) * apart; at += apart) {
      const bend = Math.abs(data[at - apart]! - 2 * data[at]! + data[at + apart]!);
      counts[Math.min(255, bend)]!++;
      places++;
    }
  });
  const found = exceededBy(counts, Math.floor(places / 2)) * deviationPerMedian;
  return Math.max(roundingMax, noiseDeviations * Math.min(noiseMax * secondDifferenceGain, found));
}

/** Every row and every column: where it begins, how far its pixels lie apart in the data, and how many it has. */
function forEachLine(
  { widthPx, heightPx }: LumaPicture,
  visit: (from: number, apart: number, length: number) => void,
): void {
  for (let y = 0; y < heightPx; y++) visit(y * widthPx, 1, widthPx);
  for (let x = 0; x < widthPx; x++) visit(x, widthPx, heightPx);
}

/** The least value that at most `places` of those counted exceed. */
function exceededBy(counts: Uint32Array, places: number): number {
  let beyond = 0;
  for (let value = counts.length - 1; value > 0; value--) {
    beyond += counts[value]!;
    if (beyond > places) return value;
  }
  return 0;
}
