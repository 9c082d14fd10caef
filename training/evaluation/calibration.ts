// A threshold from a wanted FAR: chosen over pairs of identities, and refused where they are too few to support it.
import { FacelatchError } from "../../device/errors/errors.ts";
import { type Rate, rateOf } from "../metrics.ts";
import { compareFaces, type KnownFace } from "./comparisons.ts";
import { thresholdAfter } from "./error-rates.ts";
import { describeFar } from "./far.ts";
import { errorsAllowed, identitiesFor, pairsOf, rateAtMost, trialsFor } from "./support.ts";

export interface CohortFace extends KnownFace {
  readonly path: string;
  /** Its score against the owner's templates; null where nobody is enrolled. */
  readonly ownerScore: number | null;
}

/** Two persons, with the photos that are most alike. */
export interface ImpostorPair {
  readonly score: number;
  readonly first: { readonly identity: string; readonly path: string };
  /** Without a path it is the owner's templates. */
  readonly second: { readonly identity: string; readonly path: string | null };
}

export interface Calibration {
  readonly threshold: number;
  /** Of pairs of identities, whose score is that of their most alike photos. */
  readonly far: Rate;
  readonly targetFar: number;
  /** What the trials support at 95 %, one-sided: at most the target. */
  readonly farAtMost: number;
  readonly frr: Rate;
  /** Whose photos the FRR comes from. */
  readonly frrOf: "owner" | "cohort";
  readonly identities: number;
  /** Pairs of identities, those with the owner among them. */
  readonly impostorTrials: number;
  readonly worst: readonly ImpostorPair[];
}

export interface CalibrationOptions {
  readonly far: number;
  readonly ownerLabel: string;
  /** Scores of photos of the owner that are not enrolled; without any, the cohort's genuine pairs give the FRR. */
  readonly ownerScores: readonly number[];
}

const worstShown = 12;

/** @throws FacelatchError INPUT_INVALID where the cohort cannot support the FAR, saying how many identities are missing */
export function calibrate(faces: readonly CohortFace[], options: CalibrationOptions): Calibration {
  const { far, ownerLabel, ownerScores } = options;
  const pairs = identityPairs(faces, ownerLabel);
  const identities = new Set(faces.map(({ identity }) => identity)).size;
  const allowed = errorsAllowed(pairs.length, far);
  if (allowed === null) throw unsupported(far, identities, pairs.length);
  const threshold = thresholdAfter(
    pairs.map(({ score }) => score),
    allowed,
  );
  const errors = pairs.filter(({ score }) => score >= threshold).length;
  const genuine = ownerScores.length > 0 ? ownerScores : [...compareFaces(faces).genuine.scores];
  return {
    threshold,
    far: rateOf(errors, pairs.length),
    targetFar: far,
    farAtMost: rateAtMost(errors, pairs.length),
    frr: rateOf(genuine.filter((score) => score < threshold).length, genuine.length),
    frrOf: ownerScores.length > 0 ? "owner" : "cohort",
    identities,
    impostorTrials: pairs.length,
    worst: pairs.slice(0, worstShown),
  };
}

/** Every pair of identities once, by its most alike photos, the most alike pair first. */
function identityPairs(faces: readonly CohortFace[], ownerLabel: string): ImpostorPair[] {
  const { impostor, identityOf, identities } = compareFaces(faces);
  const pairs = new Map<number, ImpostorPair>();
  for (const [i, score] of impostor.scores.entries()) {
    const [a, b] = [impostor.first[i]!, impostor.second[i]!];
    const [low, high] = [identityOf[a]!, identityOf[b]!].sort((x, y) => x - y);
    const key = low! * identities.length + high!;
    // They come in descending order: the first of a pair is its most alike.
    if (!pairs.has(key)) pairs.set(key, { score, first: faces[a]!, second: faces[b]! });
  }
  const withOwner = new Map<string, ImpostorPair>();
  for (const [i, face] of faces.entries()) {
    if (
      identityOf[i]! < 0 ||
      face.ownerScore === null ||
      !(face.ownerScore > (withOwner.get(face.identity)?.score ?? -Infinity))
    )
      continue;
    withOwner.set(face.identity, {
      score: face.ownerScore,
      first: face,
      second: { identity: ownerLabel, path: null },
    });
  }
  return [...pairs.values(), ...withOwner.values()]
    .map(({ score, first, second }) => ({ score, first: namesOf(first), second: namesOf(second) }))
    .sort((a, b) => b.score - a.score);
}

function namesOf<P>({ identity, path }: { readonly identity: string; readonly path: P }) {
  return { identity, path };
}

function unsupported(far: number, identities: number, trials: number): FacelatchError {
  const needed = trialsFor(far);
  // With an owner's templates every identity is one more trial.
  const withOwner = trials > pairsOf(identities);
  const identitiesNeeded = identitiesFor(needed) - (withOwner ? 1 : 0);
  return new FacelatchError("INPUT_INVALID", {
    expected: `${needed} independent trials for a FAR of ${describeFar(far)}: the pairs of ${identitiesNeeded} identities`,
    found: `${trials} from ${identities} identities`,
    next: `Add photos of ${identitiesNeeded - identities} more persons, or ask for a FAR of ${trials < 3 ? "less precision" : describeFar(3 / trials)} or more.`,
  });
}
