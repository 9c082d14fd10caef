// The verifier's operating point: the owner's least score, and his least margin over enrolled household members.
import { type Rate, rateOf } from "../metrics.ts";
import { quantile } from "./quantile.ts";

export interface VerificationSamples {
  /** The owner's photos, each against templates that were made without its group. */
  readonly ownerScores: readonly number[];
  /** Other people's photos against the owner's templates. */
  readonly impostorScores: readonly number[];
  /** Pairs of photos of two different people, neither of them the owner. */
  readonly cohortScores: ArrayLike<number>;
  /** The same photos' margins over the household, by the owner's mean; empty where nobody is enrolled. */
  readonly ownerMargins: readonly number[];
  /** Household members' photos: the score with the owner's mean over that with the household without the photo's group. */
  readonly householdMargins: readonly number[];
  /** The share of strangers that may pass. */
  readonly farMax: number;
}

export interface VerificationThreshold {
  readonly verifiedScoreMin: number;
  readonly householdMarginMin: number;
  /** The cohort's score that `farMax` of its pairs exceed; of fewer pairs than that takes, the highest. */
  readonly cohortScore: number;
  /** Other people's photos at or above the score. */
  readonly far: Rate;
  /** The owner's photos below the score or the margin. */
  readonly frr: Rate;
}

/** Strangers by the thousand reach 0.5 against somebody's templates, whoever that is. */
const scoreMinFloor = 0.5;
/**
 * Photos of one camera and one year flatter the owner: the bar rises towards his scores by no more than this, so that
 * he still passes where he looks different;
 */
const airMax = 0.1;
/** and by no less, so that whoever reached the bar does not pass. */
const airMin = 0.01;
/** Even where household members seem far away, the owner must be nearer to himself than to them. */
const marginMinFloor = 0.05;
/** The lowest of the owner's scores are accidents: a mask, a hand, a blurred picture. They don't lower the bar for others. */
const accidentShare = 0.05;

/**
 * Never below what other people reach, and from there half of the way to the owner's lowest scores, so that both sides
 * have air. Where the owner's own scores overlap with others', others are kept out and the owner pays.
 */
export function chooseVerificationThreshold(samples: VerificationSamples): VerificationThreshold {
  const { ownerScores, impostorScores, ownerMargins, householdMargins, farMax } = samples;
  const cohortScore = scoreExceededBy(samples.cohortScores, farMax);
  const verifiedScoreMin = raise(Math.max(scoreMinFloor, cohortScore, highest(impostorScores)), ownerScores);
  const householdMarginMin = Math.max(marginMinFloor, raise(highest(householdMargins), ownerMargins));
  const isRefused = (score: number, i: number) =>
    score < verifiedScoreMin || (ownerMargins[i] ?? householdMarginMin) < householdMarginMin;
  return {
    verifiedScoreMin,
    householdMarginMin,
    cohortScore,
    far: rateOf(impostorScores.filter((score) => score >= verifiedScoreMin).length, impostorScores.length),
    frr: rateOf(ownerScores.filter(isRefused).length, ownerScores.length),
  };
}

/** From what others reach towards what the owner reaches. */
function raise(bar: number, owners: readonly number[]): number {
  if (!Number.isFinite(bar)) return bar;
  const low = owners.length === 0 ? bar : quantile(owners, accidentShare);
  return bar + Math.min(airMax, Math.max(airMin, (low - bar) / 2));
}

function highest(scores: ArrayLike<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) found = Math.max(found, scores[i]!);
  return found;
}

/** The score that no more than a share of the scores exceed. */
function scoreExceededBy(scores: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(scores).sort();
  return sorted[sorted.length - 1 - Math.floor(share * sorted.length)] ?? Number.NEGATIVE_INFINITY;
}
