// Figures as the report writes them.
import type { Rate } from "../metrics.ts";

/** A dash between two figures that is not broken after. */
export const to = "\u2060–\u2060";

export function share(value: number): string {
  return `${(100 * value).toFixed(1)}\u00a0%`;
}

/** A rate with its interval, for a table; a dash where nothing is known. */
export function shareRange({ value, low, high, n }: Rate): string {
  const show = (part: number) => (100 * part).toFixed(1);
  return n === 0 ? "–" : `${show(value)}\u00a0% (${show(low)}${to}${show(high)})`;
}

export function interval({ low, high, n }: Rate): string {
  return `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %, n\u00a0=\u00a0${n}`;
}

export function tileShare(rate: Rate): string {
  return rate.n === 0 ? "–" : share(rate.value);
}
