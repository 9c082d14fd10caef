// The arithmetic of quantization: scales and zero points from ranges, and values stored with them.
// Source: TensorFlow Lite's 8-bit quantization specification.
import type { Quantization } from "./graph.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

const int8Min = -128;
const int8Max = 127;
const int32Max = 2 ** 31 - 1;
/** A dead tensor has no range; dividing by this keeps its scale a number. */
const spanMin = 1e-6;

export function uniteRanges(ranges: readonly Range[]): Range {
  return { min: Math.min(...ranges.map(({ min }) => min)), max: Math.max(...ranges.map(({ max }) => max)) };
}

export function rangeOf(values: Float32Array): Range {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** One scale for a whole tensor. */
export function byTensor(scale: number, zeroPoint: number): Quantization {
  return { scales: Float32Array.of(scale), zeroPoints: [zeroPoint], axis: 0 };
}

/** Covers the range with 256 steps, one of which is exactly zero; the scale is at least `scaleMin`. */
export function asymmetric({ min, max }: Range, scaleMin = 0): Quantization {
  const low = Math.min(0, min);
  const high = Math.max(0, max, low + spanMin);
  const scale = Math.fround(Math.max((high - low) / (int8Max - int8Min), scaleMin));
  return byTensor(scale, clampInt8(int8Min - low / scale));
}

function clampInt8(value: number): number {
  return Math.max(int8Min, Math.min(int8Max, Math.round(value)));
}

export function storeInt8(values: Float32Array, { scales, zeroPoints }: Quantization): Int8Array {
  return Int8Array.from(values, (value) => clampInt8(value / scales[0]! + zeroPoints[0]!));
}

/** Which slice of the axis a value belongs to, by its index. */
export function sliceOf(shape: readonly number[], axis: number): (index: number) => number {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return (index) => Math.floor(index / inner) % shape[axis]!;
}

/**
 * Symmetric scales of a kernel, -127 to 127: one for each slice of `axis`, or one for all where axis is null.
 *
 * @param scaleMin the least scale of each output channel
 */
export function symmetricScales(
  values: Float32Array,
  shape: readonly number[],
  axis: number | null,
  scaleMin: (channel: number) => number,
): Float32Array {
  const scales = new Float32Array(axis === null ? 1 : shape[axis]!);
  const slice = axis === null ? () => 0 : sliceOf(shape, axis);
  values.forEach((value, index) => {
    const channel = slice(index);
    scales[channel] = Math.max(scales[channel]!, Math.abs(value) / int8Max);
  });
  return scales.map((scale, channel) => Math.max(scale, scaleMin(channel), spanMin / int8Max));
}

export function storeSymmetric(
  values: Float32Array,
  shape: readonly number[],
  { scales, axis }: Quantization,
): Int8Array {
  const slice = scales.length === 1 ? () => 0 : sliceOf(shape, axis);
  return Int8Array.from(values, (value, index) => {
    return Math.max(-int8Max, Math.min(int8Max, Math.round(value / scales[slice(index)]!)));
  });
}

export function storeInt32(values: Float32Array, scaleOf: (index: number) => number): Int32Array {
  return Int32Array.from(values, (value, index) => {
    return Math.max(-int32Max, Math.min(int32Max, Math.round(value / scaleOf(index))));
  });
}

const float32Bits = new Uint32Array(1);
const float32Value = new Float32Array(float32Bits.buffer);

/** The bits of the nearest IEEE half; ties go to even, what is too large becomes infinite. */
export function toFloat16Bits(value: number): number {
  float32Value[0] = value;
  const bits = float32Bits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal halves count steps of 2^-24; the multiplication is exact, and only the rounding is left.
    return sign | roundToEven(Math.abs(float32Value[0]!) * 2 ** 24);
  }
  return sign | roundToEven((magnitude - 0x38000000) / 2 ** 13);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
