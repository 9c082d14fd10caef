// The owner against the rest: what his score alone tells apart, at every threshold.
import { equalErrorRate, operatingPoints } from "../../evaluation/error-rates.ts";
import { type Rate, rateOf, type Scored } from "../../metrics.ts";

export interface OwnerScores {
  /** The owner's score on his own photos. */
  readonly genuine: readonly number[];
  /** The owner's score on everybody's and everything else's. */
  readonly impostor: readonly number[];
}

export function ownerScores(scored: readonly Scored[], owner: number): OwnerScores {
  const of = (isOwner: boolean) =>
    scored.filter(({ truth }) => (truth === owner) === isOwner).map(({ scores }) => scores[owner]!);
  return { genuine: of(true), impostor: of(false) };
}

export interface OwnerCurve {
  /** From the strictest threshold to the most lenient. */
  readonly points: readonly { readonly far: number; readonly frr: number }[];
  /** The share of pairs of an owner's photo and another in which the owner's scores higher; equal scores count half. */
  readonly areaUnderCurve: number;
  readonly equalErrorRate: number;
}

/** Null where either side has no photo. */
export function ownerCurve(scores: OwnerScores): OwnerCurve | null {
  const rate = equalErrorRate(scores);
  if (rate === null) return null;
  const points = operatingPoints(scores).map(({ far, frr }) => ({ far, frr }));
  const areaUnderCurve = points.slice(1).reduce((area, { far, frr }, i) => {
    const before = points[i]!;
    return area + (far - before.far) * (1 - (frr + before.frr) / 2);
  }, 0);
  return { points, areaUnderCurve, equalErrorRate: rate };
}

/** What a threshold lets in and keeps out. */
export function ratesAt(
  { genuine, impostor }: OwnerScores,
  scoreMin: number,
): { readonly far: Rate; readonly frr: Rate } {
  return {
    far: rateOf(impostor.filter((score) => score >= scoreMin).length, impostor.length),
    frr: rateOf(genuine.filter((score) => score < scoreMin).length, genuine.length),
  };
}
