// The family report: how near each household member comes to opening the door, before a bundle is flashed.

/** What one photo of a household member got. */
export interface MemberPhoto {
  readonly path: string;
  /** How alike the face and the owner are; null where no face was judged. */
  readonly ownerScore: number | null;
  /** By how much it is more like the owner than like any enrolled member; null where none is enrolled. */
  readonly margin: number | null;
  /** Whether it passed every gate that one frame can pass. */
  readonly opens: boolean;
}

export interface FamilyGates {
  readonly verifiedScoreMin: number;
  readonly householdMarginMin: number;
}

export interface FamilyMember {
  readonly name: string;
  readonly photos: number;
  readonly faces: number;
  /** Null without a face. */
  readonly ownerScoreMax: number | null;
  readonly marginMin: number | null;
  readonly marginMax: number | null;
  /** Photos that pass every gate. */
  readonly openings: number;
  /** Photos that pass, or would with both gates lower by the safety distance. */
  readonly near: number;
  readonly unsafe: boolean;
  /** Why, in words. */
  readonly verdict: string;
  /** The photo that comes nearest. */
  readonly worst: MemberPhoto | null;
}

export interface FamilyReport {
  readonly members: readonly FamilyMember[];
  readonly unsafe: readonly string[];
  readonly gates: FamilyGates;
  readonly safetyDistance: number;
}

/**
 * How far below its gates a member must stay. From one photo of a person to the next, the score against the same
 * templates strays about so much: who is nearer than this will pass some day.
 */
export const safetyDistance = 0.05;

/** @param household the photos of each member, none of them enrolled: what is enrolled tells nothing of the next photo */
export function familyReport(household: ReadonlyMap<string, readonly MemberPhoto[]>, gates: FamilyGates): FamilyReport {
  const members = [...household].map(([name, photos]) => judgeMember(name, photos, gates));
  return { members, unsafe: members.filter(({ unsafe }) => unsafe).map(({ name }) => name), gates, safetyDistance };
}

function judgeMember(name: string, photos: readonly MemberPhoto[], gates: FamilyGates): FamilyMember {
  const faces = photos.filter(({ ownerScore }) => ownerScore !== null);
  const margins = faces.map(({ margin }) => margin).filter((margin) => margin !== null);
  const openings = photos.filter(({ opens }) => opens).length;
  const near = photos.filter((photo) => photo.opens || isNear(photo, gates)).length;
  const [worst = null] = faces.toSorted((a, b) => shortfall(a, gates) - shortfall(b, gates));
  const unsafe = near > 0;
  return {
    name,
    photos: photos.length,
    faces: faces.length,
    ownerScoreMax: extreme(
      Math.max,
      faces.map(({ ownerScore }) => ownerScore!),
    ),
    marginMin: extreme(Math.min, margins),
    marginMax: extreme(Math.max, margins),
    openings,
    near,
    unsafe,
    verdict: verdictOf({ openings, near, faces: faces.length, enrolled: margins.length > 0 }),
    worst,
  };
}

function isNear({ ownerScore, margin }: MemberPhoto, gates: FamilyGates): boolean {
  return ownerScore !== null && shortfall({ ownerScore, margin }, gates) <= safetyDistance;
}

/** By how much a face misses the gate that it misses by most; below 0 it passes both. */
function shortfall({ ownerScore, margin }: Pick<MemberPhoto, "ownerScore" | "margin">, gates: FamilyGates): number {
  if (ownerScore === null) return Number.POSITIVE_INFINITY;
  const score = gates.verifiedScoreMin - ownerScore;
  return margin === null ? score : Math.max(score, gates.householdMarginMin - margin);
}

function verdictOf({
  openings,
  near,
  faces,
  enrolled,
}: Record<"openings" | "near" | "faces", number> & { readonly enrolled: boolean }): string {
  const remedy = enrolled
    ? "enrol more photos of this person, or raise the margin"
    : "enrol this person as a household member";
  if (faces === 0) return "no face was found: nothing is known of this person";
  if (openings > 0) return `opens the door with ${openings} of ${faces} faces: ${remedy}`;
  if (near > 0) return `comes within ${safetyDistance} of the gates with ${near} of ${faces} faces: ${remedy}`;
  return "stays clear of the gates";
}

function extreme(pick: (...values: number[]) => number, values: readonly number[]): number | null {
  return values.length === 0 ? null : pick(...values);
}

export function describeFamily({ members, gates }: FamilyReport): string {
  const show = (value: number | null) => (value === null ? "-" : value.toFixed(3));
  return [
    `gates: owner's score at least ${show(gates.verifiedScoreMin)}, margin at least ${show(gates.householdMarginMin)}`,
    ...members.map(
      ({ name, faces, photos, ownerScoreMax, marginMax, unsafe, verdict }) =>
        `${unsafe ? "UNSAFE" : "ok    "} ${name}: ${faces} faces in ${photos} photos, highest score ${show(ownerScoreMax)}, highest margin ${show(marginMax)}; ${verdict}`,
    ),
  ].join("\n");
}
