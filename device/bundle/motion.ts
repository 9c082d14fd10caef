// Whether anything moved between two frames: small luma pictures, averaged over cells, compared apart from their light.
import assert from "node:assert/strict";

/** A small grey picture, row by row from the top left. */
export interface LumaPicture {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Mean luma of square cells, row by row; the last column and row may be of fewer pixels. */
export interface LumaCells {
  readonly columns: number;
  readonly rows: number;
  readonly means: Float32Array;
}

/** Frame pixels per pixel of the small picture: what JPEG decoders shrink by without decoding more than block means. */
export const motionShrink = 8;

/**
 * Small pixels on a cell's side, 32 frame pixels: no wider than the smallest face that counts, so that a face fills a
 * cell, and wide enough to average noise away (1,024 frame pixels).
 */
const cellPx = 4;

/**
 * A cell that changed by more has something new in it. Noise of 8 levels a frame pixel, a camera at dusk, leaves a cell's
 * difference at a deviation of 8 / 32 * sqrt(2) = 0.35 levels: this is eight of them. A face differs from a wall by tens.
 */
const cellChangeMin = 3;

/** Exposure control and mains flicker change the whole picture by a few percent; more is a light that went on or off. */
const gainChangeMax = 0.08;

/** Darker cells say nothing of the light: a level of rounding is too much of their luma. */
const litLumaMin = 16;
/** With fewer lit cells than this share the picture is dark, and compared as it is. */
const litShareMin = 0.25;

export function lumaCells({ data, widthPx, heightPx }: LumaPicture): LumaCells {
  assert.equal(data.length, widthPx * heightPx, "a grey picture has one byte a pixel");
  const columns = Math.ceil(widthPx / cellPx);
  const rows = Math.ceil(heightPx / cellPx);
  const means = new Float32Array(columns * rows);
  for (let y = 0; y < heightPx; y++) {
    const row = Math.floor(y / cellPx) * columns;
    for (let x = 0; x < widthPx; x++) means[row + Math.floor(x / cellPx)]! += data[y * widthPx + x]!;
  }
  for (let row = 0; row < rows; row++) {
    const cellHeightPx = Math.min(cellPx, heightPx - row * cellPx);
    for (let column = 0; column < columns; column++) {
      means[row * columns + column]! /= cellHeightPx * Math.min(cellPx, widthPx - column * cellPx);
    }
  }
  return { columns, rows, means };
}

/** True when no cell shows anything new and the light is about the same; pictures of other sizes are never still. */
export function isStill(reference: LumaCells, current: LumaCells): boolean {
  if (reference.columns !== current.columns || reference.rows !== current.rows) return false;
  const gain = lightGain(reference.means, current.means);
  if (Math.abs(gain - 1) > gainChangeMax) return false;
  return current.means.every((luma, i) => Math.abs(luma - gain * reference.means[i]!) <= cellChangeMin);
}

/** How much brighter the picture became: the median over its lit cells, which something new in a few does not move. */
function lightGain(reference: Float32Array, current: Float32Array): number {
  const ratios: number[] = [];
  reference.forEach((luma, i) => {
    if (luma >= litLumaMin) ratios.push(current[i]! / luma);
  });
  if (ratios.length < reference.length * litShareMin) return 1;
  return Float32Array.from(ratios).sort()[Math.floor(ratios.length / 2)]!;
}
