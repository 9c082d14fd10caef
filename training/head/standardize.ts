// Features at one scale: each centred and divided by its spread, which training undoes at its end in the head's kernel.
import type { FeatureSet } from "../features/features.ts";

export interface Scaling {
  /** Of each feature. */
  readonly means: Float32Array;
  /** What the centred value is multiplied by. */
  readonly factors: Float32Array;
}

/** Features that hardly ever change would be noise if they were spread as wide as the others. */
const spreadMin = 0.02;

const rowsAtOnce = 256;

/** Means and spreads over all rows. */
export function measureScaling(set: FeatureSet): Scaling {
  const { width } = set;
  const rows = set.truths.length;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  const values = new Float32Array(rowsAtOnce * width);
  for (let at = 0; at < rows; at += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - at);
    set.read(range(at, count), values);
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < width; i++) {
        const value = values[row * width + i]!;
        sums[i]! += value;
        squares[i]! += value * value;
      }
    }
  }
  const means = Float32Array.from(sums, (sum) => sum / rows);
  const factors = Float32Array.from(squares, (square, i) => {
    const variance = Math.max(0, square / rows - (sums[i]! / rows) ** 2);
    return 1 / Math.max(spreadMin, Math.sqrt(variance));
  });
  return { means, factors };
}

export function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** Scales rows in place. */
export function scaleRows({ means, factors }: Scaling, values: Float32Array, rows: number): void {
  const width = means.length;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let i = 0; i < width; i++, at++) values[at] = (values[at]! - means[i]!) * factors[i]!;
  }
}

/**
 * The kernel and bias that do for features as they are what the given ones do for scaled features.
 *
 * @param kernel [width, units]
 */
export function unscale(
  { means, factors }: Scaling,
  kernel: Float32Array,
  bias: Float32Array,
): { readonly kernel: Float32Array; readonly bias: Float32Array } {
  const units = bias.length;
  const shifts = Float64Array.from(bias);
  const scaled = new Float32Array(kernel.length);
  for (let i = 0; i < means.length; i++) {
    for (let unit = 0; unit < units; unit++) {
      const weight = kernel[i * units + unit]! * factors[i]!;
      scaled[i * units + unit] = weight;
      shifts[unit]! -= weight * means[i]!;
    }
  }
  return { kernel: scaled, bias: Float32Array.from(shifts) };
}
