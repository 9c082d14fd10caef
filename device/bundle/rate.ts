// A rate, and what so many trials can say of it.

/** A rate with its 95 % interval (Wilson's score interval) and its number of trials. */
export interface Rate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const z95 = 1.959964;

/** Without trials nothing is known: the value is 0 and the interval is everything. */
export function rateOf(hits: number, n: number): Rate {
  if (n === 0) return { value: 0, low: 0, high: 1, n: 0 };
  const value = hits / n;
  const centre = (value + z95 ** 2 / (2 * n)) / (1 + z95 ** 2 / n);
  const half = (z95 / (1 + z95 ** 2 / n)) * Math.sqrt((value * (1 - value)) / n + z95 ** 2 / (4 * n ** 2));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}
