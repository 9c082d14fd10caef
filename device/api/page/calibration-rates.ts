// What a bundle's comparisons say of every threshold: how many of others it would let in, and of the owner's refuse.
import type { Calibration } from "../../delivery/delivery.ts";

/** As device/bundle/calibration.ts has it. */
const binsPerUnit = 50;

export interface ThresholdRates {
  /** The threshold: where a bin begins, or the last one ends. */
  readonly score: number;
  /** Shares of the comparisons; null without any. */
  readonly far: number | null;
  readonly frr: number | null;
}

/** At each edge of the bins, the lowest first: one more than there are bins. */
export function ratesOf({ firstBin, genuine, impostor }: Calibration): ThresholdRates[] {
  const [owners, others] = [sumOf(genuine), sumOf(impostor)];
  let [below, above] = [0, others];
  return [...genuine, 0].map((count, i) => {
    const score = (firstBin + i - binsPerUnit) / binsPerUnit;
    const rates = { score, far: others === 0 ? null : above / others, frr: owners === 0 ? null : below / owners };
    below += count;
    above -= impostor[i] ?? 0;
    return rates;
  });
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** From where to where a series reaches; null where it is empty. */
export function rangeOf({ firstBin }: Calibration, counts: readonly number[]): { low: number; high: number } | null {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return null;
  const last = counts.findLastIndex((count) => count > 0);
  const scoreOf = (bin: number) => (firstBin + bin - binsPerUnit) / binsPerUnit;
  return { low: scoreOf(first), high: scoreOf(last + 1) };
}
