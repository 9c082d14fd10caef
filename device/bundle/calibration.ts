// What the verification threshold was chosen from: how alike comparisons were on the training side, counted in bins.
import Type, { type Static } from "typebox";

/** Bins of a likeness from -1 to 1, each 0.02 wide. */
const binsPerUnit = 50;
const binsMax = 2 * binsPerUnit;
/** More comparisons nobody makes. */
const countMax = 1e9;

const countsSchema = Type.Array(Type.Integer({ minimum: 0, maximum: countMax }), { minItems: 1, maxItems: binsMax });

export const calibrationSchema = Type.Object(
  {
    firstBin: Type.Integer({
      minimum: 0,
      maximum: binsMax - 1,
      description:
        "Bin i holds the likenesses from i / 50 - 1 up to, not including, (i + 1) / 50 - 1; the last one 1 too.",
    }),
    /** The owner's photos, each against templates that were made without it. */
    genuine: countsSchema,
    /** Other people's photos against the owner's templates. */
    impostor: countsSchema,
    /** The enrolled housemates' photos against the owner's templates. */
    household: countsSchema,
  },
  { additionalProperties: false, description: "Comparisons by their likeness: counts of bins from `firstBin` on." },
);

export type Calibration = Static<typeof calibrationSchema>;

export interface CalibrationScores {
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
  readonly household: readonly number[];
}

/** Counts scores, -1 to 1 each, in the bins between the lowest and the highest one. */
export function calibrationOf(scores: CalibrationScores): Calibration {
  const places = {
    genuine: scores.genuine.map(binOf),
    impostor: scores.impostor.map(binOf),
    household: scores.household.map(binOf),
  };
  const all = Object.values(places).flat();
  const [first, last] = all.reduce(([low, high], bin) => [Math.min(low, bin), Math.max(high, bin)], [binsMax - 1, 0]);
  const firstBin = Math.min(first, last);
  const counted = (bins: readonly number[]): number[] => {
    const counts = new Array<number>(last - firstBin + 1).fill(0);
    for (const bin of bins) counts[bin - firstBin]!++;
    return counts;
  };
  return {
    firstBin,
    genuine: counted(places.genuine),
    impostor: counted(places.impostor),
    household: counted(places.household),
  };
}

/** Where a bin begins. */
export function binStart(bin: number): number {
  return (bin - binsPerUnit) / binsPerUnit;
}

function binOf(score: number): number {
  const near = Math.floor(score * binsPerUnit) + binsPerUnit;
  // The product may be rounded below a bin's own beginning.
  const bin = score >= binStart(near + 1) ? near + 1 : near;
  return Math.min(binsMax - 1, Math.max(0, bin));
}

export interface CalibrationClaims {
  readonly verifiedScoreMin: number;
  readonly far: { readonly value: number; readonly trials: number };
  readonly frr: { readonly value: number; readonly trials: number };
  readonly householdPhotos: number;
}

/** In what a calibration contradicts the thresholds beside it; null where it is of the comparisons they were chosen from. */
export function calibrationFault(calibration: Calibration, claims: CalibrationClaims): string | null {
  const { firstBin, genuine, impostor, household } = calibration;
  const { far, frr, householdPhotos, verifiedScoreMin } = claims;
  if (genuine.length !== impostor.length || genuine.length !== household.length)
    return "a calibration whose series have different lengths";
  if (firstBin + genuine.length > binsMax) return "a calibration that goes beyond a likeness of 1";
  if (total(genuine) !== frr.trials || total(impostor) !== far.trials || total(household) !== householdPhotos)
    return "a calibration of other comparisons than the thresholds were chosen from";
  // The threshold's own bin lies on both sides of it.
  const isBelow = (i: number) => binStart(firstBin + i + 1) <= verifiedScoreMin;
  const isAbove = (i: number) => binStart(firstBin + i) >= verifiedScoreMin;
  const accepted = Math.round(far.value * far.trials);
  if (accepted < totalWhere(impostor, isAbove) || accepted > total(impostor) - totalWhere(impostor, isBelow))
    return "a calibration that contradicts the false acceptance rate";
  // The margin over the household may refuse more, and never fewer.
  if (Math.round(frr.value * frr.trials) < totalWhere(genuine, isBelow))
    return "a calibration that contradicts the false refusal rate";
  return null;
}

function total(counts: readonly number[]): number {
  return totalWhere(counts, () => true);
}

function totalWhere(counts: readonly number[], isMeant: (place: number) => boolean): number {
  return counts.reduce((sum, count, place) => (isMeant(place) ? sum + count : sum), 0);
}
