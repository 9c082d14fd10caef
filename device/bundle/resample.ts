// Resampling of a square region of a picture: the one resize of training, evaluation and device.
import type { RgbImage } from "./image.ts";

/** An axis-aligned region in pixels; may reach beyond the picture, whose border pixels then repeat. */
export interface Region {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** For one axis: each output sample is a weighted sum of `taps` input samples. */
interface AxisFilter {
  readonly taps: number;
  /** Input index of tap t of output i, already clamped to the picture: `indices[i * taps + t]`. */
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

/**
 * The triangle filter: bilinear when enlarging, widened by the scale when shrinking, so that detail is averaged and
 * does not flicker. From a scale of 4 on, every second pixel is enough for that, every third from 6 on.
 * Sample centres lie at half-integers, as in Pillow and in tf.image.resize with antialias.
 */
function axisFilter(originPx: number, lengthPx: number, sizePx: number, inputPx: number): AxisFilter {
  const scale = lengthPx / sizePx;
  const radius = Math.max(1, scale);
  const step = Math.max(1, Math.floor(scale / 2));
  const taps = Math.ceil((2 * radius) / step);
  const indices = new Int32Array(sizePx * taps);
  const weights = new Float32Array(sizePx * taps);
  for (let i = 0; i < sizePx; i++) {
    const centre = originPx + (i + 0.5) * scale;
    // The first pixel whose centre lies inside the triangle, among those that every output sample chooses from.
    const first = (Math.floor((centre - radius - 0.5) / step) + 1) * step;
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      const pixel = first + t * step;
      const weight = Math.max(0, 1 - Math.abs(pixel + 0.5 - centre) / radius);
      indices[i * taps + t] = Math.min(inputPx - 1, Math.max(0, pixel));
      weights[i * taps + t] = weight;
      sum += weight;
    }
    for (let t = 0; t < taps; t++) weights[i * taps + t]! /= sum;
  }
  return { taps, indices, weights };
}

/**
 * Resamples `region` of `image` to `widthPx` x `heightPx`, then applies `value * gain + offset` to each channel.
 *
 * @param out receives `heightPx * widthPx * 3` values, NHWC with N = 1; may be a view into a larger tensor.
 */
export function resample(
  image: RgbImage,
  region: Region,
  widthPx: number,
  heightPx: number,
  out: Float32Array,
  gain = 1,
  offset = 0,
): void {
  const horizontal = axisFilter(region.leftPx, region.widthPx, widthPx, image.widthPx);
  const vertical = axisFilter(region.topPx, region.heightPx, heightPx, image.heightPx);
  const rowLength = widthPx * 3;
  // Input rows that were resampled already; an output row's taps reach over at most `taps` different ones.
  const rows = Array.from({ length: vertical.taps }, () => new Float32Array(rowLength));
  const inputRows = new Int32Array(vertical.taps).fill(-1);
  for (let y = 0; y < heightPx; y++) {
    const target = out.subarray(y * rowLength, (y + 1) * rowLength);
    for (let t = 0; t < vertical.taps; t++) {
      const inputRow = vertical.indices[y * vertical.taps + t]!;
      let slot = inputRows.indexOf(inputRow);
      if (slot === -1) {
        slot = freeSlot(inputRows, vertical, y);
        inputRows[slot] = inputRow;
        resampleRow(image, inputRow, horizontal, rows[slot]!);
      }
      const weight = vertical.weights[y * vertical.taps + t]! * gain;
      if (t === 0) setScaled(target, rows[slot]!, weight, offset);
      else if (weight !== 0) addScaled(target, rows[slot]!, weight);
    }
  }
}

function setScaled(target: Float32Array, row: Float32Array, weight: number, offset: number): void {
  for (let i = 0; i < target.length; i++) target[i] = row[i]! * weight + offset;
}

function addScaled(target: Float32Array, row: Float32Array, weight: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + row[i]! * weight;
}

/** A slot whose row no tap of output row `y` needs. */
function freeSlot(inputRows: Int32Array, { taps, indices }: AxisFilter, y: number): number {
  const needed = indices.subarray(y * taps, (y + 1) * taps);
  return inputRows.findIndex((row) => !needed.includes(row));
}

/** One input row, filtered to the length of `out`. */
function resampleRow({ data, widthPx }: RgbImage, y: number, filter: AxisFilter, out: Float32Array): void {
  const { taps, indices, weights } = filter;
  const start = y * widthPx * 3;
  let tap = 0;
  for (let x = 0; x < out.length; x += 3) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let t = 0; t < taps; t++, tap++) {
      const weight = weights[tap]!;
      const at = start + indices[tap]! * 3;
      red += data[at]! * weight;
      green += data[at + 1]! * weight;
      blue += data[at + 2]! * weight;
    }
    out[x] = red;
    out[x + 1] = green;
    out[x + 2] = blue;
  }
}

/** Resamples to 8-bit RGB, for pictures that are stored. */
export function resampleToRgb(image: RgbImage, region: Region, widthPx: number, heightPx: number): RgbImage {
  const values = new Float32Array(widthPx * heightPx * 3);
  resample(image, region, widthPx, heightPx, values);
  return { data: Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value)))), widthPx, heightPx };
}

/** The largest centred square of a picture. */
export function centreSquare(image: { readonly widthPx: number; readonly heightPx: number }): Region {
  const sidePx = Math.min(image.widthPx, image.heightPx);
  return {
    leftPx: (image.widthPx - sidePx) / 2,
    topPx: (image.heightPx - sidePx) / 2,
    widthPx: sidePx,
    heightPx: sidePx,
  };
}
