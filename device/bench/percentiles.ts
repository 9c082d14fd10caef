// Percentiles of measured times.

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Nearest-rank percentiles, rounded to a microsecond. Throws on an empty list. */
export function percentilesOf(valuesMs: readonly number[]): Percentiles {
  if (valuesMs.length === 0) throw new Error("percentiles of nothing");
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
    return Math.round(value * 1000) / 1000;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
