// The mean of some figures with its interval.
import type { Rate } from "../../metrics.ts";

const z95 = 1.959964;

/** The mean and 1.96 standard errors to each side, not below 0: for figures that are never negative. */
export function meanInterval(values: readonly number[]): Rate {
  const n = values.length;
  if (n === 0) return { value: 0, low: 0, high: 0, n };
  const value = values.reduce((sum, each) => sum + each, 0) / n;
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const half = n === 1 ? 0 : z95 * Math.sqrt(squares / (n - 1) / n);
  return { value, low: Math.max(0, value - half), high: value + half, n };
}
