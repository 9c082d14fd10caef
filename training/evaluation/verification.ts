// The verifier's figures over identities: EER, TAR at given FARs and the DET curve, with intervals from resampled identities.
import { type Rate, rateOf } from "../metrics.ts";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";
import { type ComparedFaces, compareFaces, type KnownFace } from "./comparisons.ts";
import {
  acceptedShare,
  operatingPoints,
  thresholdAfter,
  unweighted,
  type WeightedScores,
  weightedEqualErrorRate,
} from "./error-rates.ts";
import { pairsOf, supports } from "./support.ts";

/** The FARs at which the TAR is given. */
export const farLevels = ["1e-2", "1e-3", "1e-4"] as const;
export type FarLevel = (typeof farLevels)[number];

/** A point of the detection error trade-off. */
export interface DetPoint {
  readonly far: number;
  readonly frr: number;
}

export interface VerificationFigures {
  /** On the plain curve; null without both kinds of pairs. `n` counts the genuine pairs. */
  readonly eer: Rate | null;
  /**
   * The share of genuine pairs accepted at the threshold that lets at most this share of the impostor pairs pass; null
   * where the pairs of identities are too few to say anything of such a FAR.
   */
  readonly tarAtFar: Readonly<Record<FarLevel, Rate | null>>;
  /** The threshold of each of these. */
  readonly scoreMinAtFar: Readonly<Record<FarLevel, number | null>>;
  readonly identities: number;
  readonly faces: number;
  readonly genuinePairs: number;
  readonly impostorPairs: number;
}

export interface Verification extends VerificationFigures {
  readonly compared: ComparedFaces;
  readonly det: readonly DetPoint[];
}

const replicas = 400;
const quantileLow = 0.025;
const quantileHigh = 0.975;

/** @param seed of the resampling: the same faces give the same intervals */
export function verify(faces: readonly KnownFace[], seed = 1): Verification {
  const compared = compareFaces(faces);
  const { genuine, impostor, identities, identityOf } = compared;
  const levels = farLevels.map((level) => levelFigures(compared, Number(level)));
  const rates = resampled(
    compared,
    levels.map((figures) => figures?.far ?? null),
    seed,
  );
  const eer = weightedEqualErrorRate(unweighted(genuine.scores), unweighted(impostor.scores));
  const pairs = genuine.scores.length;
  const named = <T>(figure: (index: number) => T) =>
    Object.fromEntries(farLevels.map((level, i) => [level, figure(i)])) as Record<FarLevel, T>;
  return {
    eer: eer === null ? null : withInterval(eer, rates.eer, pairs, genuineIdentities(compared), "error"),
    tarAtFar: named((i) => {
      const figures = levels[i];
      if (figures == null) return null;
      return withInterval(figures.tar, rates.tars[i]!, pairs, genuineIdentities(compared), "success");
    }),
    scoreMinAtFar: named((i) => levels[i]?.scoreMin ?? null),
    identities: identities.length,
    faces: identityOf.filter((index) => index >= 0).length,
    genuinePairs: pairs,
    impostorPairs: impostor.scores.length,
    compared,
    det: detOf(compared),
  };
}

/** What of it goes into JSON. */
export function figuresOf({ compared: _, det: __, ...figures }: Verification): VerificationFigures {
  return figures;
}

/** Photos of one pair of persons are no independent trials: the pairs of identities decide what can be said. */
function levelFigures({ genuine, impostor, identities }: ComparedFaces, far: number) {
  if (genuine.scores.length === 0 || !supports(pairsOf(identities.length), far)) return null;
  const scoreMin = thresholdAfter(impostor.scores, passingAt(far, impostor.scores.length));
  return { far, scoreMin, tar: acceptedShare([...genuine.scores], scoreMin) };
}

function passingAt(far: number, trials: number): number {
  return Math.floor(far * trials + 1e-9);
}

/** Identities that have a pair of faces: as many as the genuine side has independent trials. */
function genuineIdentities({ genuine, identityOf }: ComparedFaces): number {
  return new Set(Array.from(genuine.first, (face) => identityOf[face]!)).size;
}

/** Fewer persons than this hardly vary when they are resampled, however much persons do. */
const resampledMin = 10;

/**
 * The middle 95 % of the resampled rates. Where nothing failed, resampling would say that nothing ever will, and of a
 * few persons it knows only these: the interval then reaches as far as Wilson's for so many identities.
 */
function withInterval(
  value: number,
  replicasOf: readonly number[],
  n: number,
  identities: number,
  kind: "error" | "success",
): Rate {
  const sorted = [...replicasOf].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? value;
  let [low, high] = [Math.min(value, at(quantileLow)), Math.max(value, at(quantileHigh))];
  const nothingFailed = kind === "error" ? value === 0 : value === 1;
  if (nothingFailed || identities < resampledMin) {
    const wilson = rateOf(value * identities, identities);
    [low, high] = [Math.min(low, wilson.low), Math.max(high, wilson.high)];
  }
  return { value, low, high, n };
}

interface Replicas {
  readonly eer: number[];
  readonly tars: number[][];
}

/**
 * The rates of sets of identities that were drawn, with replacement, from the identities: persons vary, and their
 * photos vary with them. A pair counts as often as both of its identities were drawn; one drawn twice is not compared
 * with itself as if it were somebody else.
 */
function resampled(compared: ComparedFaces, fars: readonly (number | null)[], seed: number): Replicas {
  const random = seededRandom(seed);
  const eer: number[] = [];
  const tars: number[][] = fars.map(() => []);
  for (let replica = 0; replica < replicas; replica++) {
    const { genuine, impostor } = weigh(compared, drawCounts(compared.identities.length, random));
    const rate = weightedEqualErrorRate(genuine, impostor);
    if (rate === null) continue;
    eer.push(rate);
    for (const [i, far] of fars.entries()) if (far !== null) tars[i]!.push(weightedTar(genuine, impostor, far));
  }
  return { eer, tars };
}

function drawCounts(identities: number, random: SeededRandom): Uint32Array {
  const counts = new Uint32Array(identities);
  for (let draw = 0; draw < identities; draw++) counts[random.below(identities)]!++;
  return counts;
}

function weigh({ genuine, impostor, identityOf }: ComparedFaces, counts: Uint32Array) {
  const countOf = (face: number) => counts[identityOf[face]!]!;
  const drawn = new Float64Array(counts.length);
  for (const index of identityOf) if (index >= 0) drawn[index]! += counts[index]!;
  const all = drawn.reduce((sum, faces) => sum + faces, 0);
  return {
    genuine: {
      scores: genuine.scores,
      weightOf: (i: number) => countOf(genuine.first[i]!),
      total: genuine.first.reduce((sum, face) => sum + countOf(face), 0),
    },
    impostor: {
      scores: impostor.scores,
      weightOf: (i: number) => countOf(impostor.first[i]!) * countOf(impostor.second[i]!),
      // All pairs of drawn faces, without those of one identity.
      total: (all ** 2 - drawn.reduce((sum, faces) => sum + faces ** 2, 0)) / 2,
    },
  };
}

function weightedTar(genuine: WeightedScores, impostor: WeightedScores, far: number): number {
  const passing = far * impostor.total + 1e-9;
  let [passed, cut] = [0, 0];
  while (cut < impostor.scores.length) {
    passed += impostor.weightOf(cut);
    if (passed > passing) break;
    cut++;
  }
  const blocked = impostor.scores[cut] ?? Number.NEGATIVE_INFINITY;
  let accepted = 0;
  for (let i = 0; i < genuine.scores.length && genuine.scores[i]! > blocked; i++) accepted += genuine.weightOf(i);
  return accepted / genuine.total;
}

const detPointsMax = 240;

/** The DET curve, thinned evenly on a logarithmic scale of FAR: its left end is what a door is about. */
function detOf({ genuine, impostor }: ComparedFaces): DetPoint[] {
  const points = operatingPoints({ genuine: [...genuine.scores], impostor: [...impostor.scores] });
  const seen = new Set<number>();
  const finest = Math.log10(Math.max(1, impostor.scores.length));
  return points
    .filter(({ far }) => {
      const cell = far === 0 ? -1 : Math.round((Math.log10(far) / finest) * detPointsMax);
      return seen.has(cell) ? false : seen.add(cell) !== undefined;
    })
    .map(({ far, frr }) => ({ far, frr }));
}
