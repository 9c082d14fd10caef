// A picture in the making: floats of 0 to 255 that the renderers compose, light and blur before it becomes bytes.
import type { Region, RgbImage } from "../../device/bundle/image.ts";
import { resample } from "../../device/bundle/resample.ts";

export interface Canvas {
  /** `[(y * widthPx + x) * 3 + channel]`; may leave 0 to 255 until it becomes a picture. */
  readonly values: Float32Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

export type Rgb = readonly [number, number, number];

/** A region of a picture at another size. */
export function canvasFrom(image: RgbImage, region: Region, widthPx: number, heightPx: number): Canvas {
  const values = new Float32Array(widthPx * heightPx * 3);
  resample(image, region, widthPx, heightPx, values);
  return { values, widthPx, heightPx };
}

export function plainCanvas(widthPx: number, heightPx: number, colour: Rgb): Canvas {
  const values = new Float32Array(widthPx * heightPx * 3);
  for (let i = 0; i < values.length; i++) values[i] = colour[i % 3]!;
  return { values, widthPx, heightPx };
}

export function imageOf({ values, widthPx, heightPx }: Canvas): RgbImage {
  // Rounds to the nearest and holds 0 to 255 by itself.
  const data = new Uint8ClampedArray(values.length);
  data.set(values);
  return { data: new Uint8Array(data.buffer), widthPx, heightPx };
}

/** Writes the colour at a place, bilinear between the four nearest pixels, into `out`; beyond the edge it repeats. */
export function sampleBilinear({ values, widthPx, heightPx }: Canvas, xPx: number, yPx: number, out: number[]): void {
  const x = Math.min(widthPx - 1, Math.max(0, xPx - 0.5));
  const y = Math.min(heightPx - 1, Math.max(0, yPx - 0.5));
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = Math.min(widthPx - 1, left + 1);
  const bottom = Math.min(heightPx - 1, top + 1);
  const fx = x - left;
  const fy = y - top;
  const a = (top * widthPx + left) * 3;
  const b = (top * widthPx + right) * 3;
  const c = (bottom * widthPx + left) * 3;
  const d = (bottom * widthPx + right) * 3;
  for (let k = 0; k < 3; k++) {
    const above = values[a + k]! + (values[b + k]! - values[a + k]!) * fx;
    const below = values[c + k]! + (values[d + k]! - values[c + k]!) * fx;
    out[k] = above + (below - above) * fy;
  }
}

/** Moves the colour at a pixel towards another by `share`, 0 to 1. */
export function blend({ values, widthPx }: Canvas, xPx: number, yPx: number, colour: ArrayLike<number>, share: number) {
  const at = (yPx * widthPx + xPx) * 3;
  for (let k = 0; k < 3; k++) values[at + k]! += (colour[k]! - values[at + k]!) * share;
}

/** Three passes of a box filter of about this standard deviation, in place: near enough to a Gaussian. */
export function blur(canvas: Canvas, sigmaPx: number): void {
  if (sigmaPx < 0.2) return;
  // A box of weights (a, 1, a) has the variance 2a / (1 + 2a); a wider box is made of more passes.
  const passes = Math.max(1, Math.ceil(sigmaPx ** 2 / 0.6));
  const variance = sigmaPx ** 2 / passes;
  const side = variance / (2 * (1 - variance));
  for (let pass = 0; pass < passes; pass++) {
    blurLines(canvas, side, 3, canvas.widthPx, canvas.widthPx * 3, canvas.heightPx);
    blurLines(canvas, side, canvas.widthPx * 3, canvas.heightPx, 3, canvas.widthPx);
  }
}

function blurLines(
  { values }: Canvas,
  side: number,
  step: number,
  length: number,
  lineStep: number,
  lines: number,
): void {
  const centre = 1 / (1 + 2 * side);
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < 3; k++) {
      const start = line * lineStep + k;
      let before = values[start]!;
      for (let i = 0; i < length; i++) {
        const at = start + i * step;
        const here = values[at]!;
        const after = i + 1 < length ? values[at + step]! : here;
        values[at] = (here + side * (before + after)) * centre;
        before = here;
      }
    }
  }
}

/** Smears the picture along a direction, as a hand that moves does. */
export function smear(canvas: Canvas, lengthPx: number, angle: number): void {
  const taps = Math.max(2, Math.ceil(lengthPx));
  const { widthPx, heightPx, values } = canvas;
  const source: Canvas = { values: values.slice(), widthPx, heightPx };
  const colour = [0, 0, 0];
  values.fill(0);
  for (let tap = 0; tap < taps; tap++) {
    const shift = (tap / (taps - 1) - 0.5) * lengthPx;
    const dx = Math.cos(angle) * shift;
    const dy = Math.sin(angle) * shift;
    for (let y = 0; y < heightPx; y++) {
      for (let x = 0; x < widthPx; x++) {
        sampleBilinear(source, x + 0.5 + dx, y + 0.5 + dy, colour);
        const at = (y * widthPx + x) * 3;
        for (let k = 0; k < 3; k++) values[at + k]! += colour[k]! / taps;
      }
    }
  }
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}
