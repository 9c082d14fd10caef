// Enrolment: from a person's photos to the templates that a face is compared with; photos of somebody else are left out.
import { cosine, meanEmbedding } from "../../device/bundle/embedding.ts";
import { personScore } from "../../device/bundle/gallery.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { clusterCentres } from "./cluster-centres.ts";
import { quantile } from "./quantile.ts";

export interface PersonPhoto {
  /** A unit vector. */
  readonly embedding: Float32Array;
  /** Photos of one group were taken together: none of them says how well the person is known from the others. */
  readonly group: string;
}

export interface Enrolment {
  /** The person's mean first; centres of clusters follow where they tell the person better from others. */
  readonly templates: readonly Float32Array[];
  /** Places among the photos, ascending: those that the templates are made of. */
  readonly kept: readonly number[];
  /** The others: somebody else's, or too little of a face. */
  readonly outliers: readonly number[];
  /** Of each kept photo, the score against templates that were made without its group. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  /** The photo's place. */
  readonly photo: number;
  /** Against all templates. */
  readonly score: number;
  /** Against the mean alone, by which margins are measured. */
  readonly meanScore: number;
}

/** Photos as unlike as strangers' are seldom of one person: nine of ten pairs of strangers are below. */
const alikeMin = 0.35;
/** A photo of a person scores more against his mean, a stranger's less, but for one in thousands. */
const memberScoreMin = 0.5;
const roundsMax = 10;
/** More photos make no better templates; they are thinned out evenly. */
const photosMax = 600;
const centresMax = 6;
const foldsMax = 10;
/** Without three groups, photos that followed one another stand for a group. */
const groupsMin = 3;
/** More centres must pay: each is one more chance for a stranger. */
const gainMin = 0.01;

/**
 * Makes templates of a person.
 *
 * @param name for messages
 * @param cohort embeddings of other people, against whom the number of templates is chosen; without any it is one
 * @throws FacelatchError DATASET_INVALID where most photos do not show one person
 */
export function enrol(name: string, photos: readonly PersonPhoto[], cohort: readonly Float32Array[]): Enrolment {
  const kept = findPerson(photos.map(({ embedding }) => embedding));
  if (kept.length === 0 || 2 * kept.length < photos.length) throw noPerson(name, kept.length, photos.length);
  const used = thinOut(kept, photosMax);
  const folds = dealFolds(used.map((place) => photos[place]!.group));
  const embeddings = used.map((place) => photos[place]!.embedding);
  const centres = folds.length > 1 ? chooseCentres(embeddings, folds, thinOut(cohort, photosMax)) : 1;
  const members = new Set(kept);
  return {
    templates: templatesOf(embeddings, centres),
    kept,
    outliers: photos.flatMap((_, place) => (members.has(place) ? [] : [place])),
    leftOut: scoreLeftOut(embeddings, folds, centres).map((scores, i) => ({ photo: used[i]!, ...scores })),
  };
}

/** The largest consensus: the places of all photos of the person that most photos show. */
function findPerson(embeddings: readonly Float32Array[]): readonly number[] {
  let members: readonly number[] = [];
  for (const seed of thinOut(embeddings, photosMax)) {
    const alike = embeddings.flatMap((embedding, place) => (cosine(seed, embedding) >= alikeMin ? [place] : []));
    if (alike.length > members.length) members = alike;
  }
  for (let round = 0; round < roundsMax; round++) {
    const centre = meanEmbedding(members.map((place) => embeddings[place]!));
    if (centre === null) return [];
    const found = embeddings.flatMap((embedding, place) =>
      cosine(embedding, centre) >= memberScoreMin ? [place] : [],
    );
    if (found.join() === members.join()) break;
    members = found;
  }
  return members;
}

function noPerson(name: string, kept: number, photos: number): FacelatchError {
  return new FacelatchError("DATASET_INVALID", {
    expected: `photos of ${name}, most of which show one and the same face`,
    found: `${kept} of ${photos} that do`,
    next: "Remove photos of other people, or in which the face is small, blurred or covered.",
  });
}

/** At most so many items, evenly spread. */
function thinOut<T>(items: readonly T[], countMax: number): readonly T[] {
  if (items.length <= countMax) return items;
  return Array.from({ length: countMax }, (_, i) => items[Math.floor((i * items.length) / countMax)]!);
}

/** Each fold's places; groups stay together. One fold alone where there is nothing to leave out. */
function dealFolds(groups: readonly string[]): number[][] {
  const names = [...new Set(groups)];
  const count = Math.min(foldsMax, names.length >= groupsMin ? names.length : Math.floor(groups.length / 2));
  if (count < 2) return [groups.map((_, place) => place)];
  const foldOfGroup = new Map(names.map((group, i) => [group, i % count]));
  const foldOf = (place: number) =>
    names.length >= groupsMin ? foldOfGroup.get(groups[place]!)! : Math.floor((place * count) / groups.length);
  return Array.from({ length: count }, (_, fold) =>
    groups.flatMap((_, place) => (foldOf(place) === fold ? [place] : [])),
  );
}

function templatesOf(embeddings: readonly Float32Array[], centres: number): Float32Array[] {
  const mean = meanEmbedding(embeddings);
  if (mean === null) return [];
  return centres === 1 ? [mean] : [mean, ...clusterCentres(embeddings, centres)];
}

/** Of each embedding, the scores against templates of the other folds; of a single fold, against its own. */
function scoreLeftOut(embeddings: readonly Float32Array[], folds: readonly number[][], centres: number) {
  const scores = new Array<Omit<LeftOut, "photo">>(embeddings.length);
  for (const fold of folds) {
    const templates = templatesOf(withoutFold(embeddings, fold), centres);
    for (const place of fold) {
      const embedding = embeddings[place]!;
      scores[place] = {
        score: personScore(embedding, templates),
        meanScore: personScore(embedding, templates.slice(0, 1)),
      };
    }
  }
  return scores;
}

function withoutFold(embeddings: readonly Float32Array[], fold: readonly number[]): readonly Float32Array[] {
  if (fold.length === embeddings.length) return embeddings;
  const left = new Set(fold);
  return embeddings.filter((_, place) => !left.has(place));
}

/** The smallest number of clusters whose gap between the person and others is as good as the best, but for a trifle. */
function chooseCentres(
  embeddings: readonly Float32Array[],
  folds: readonly number[][],
  cohort: readonly Float32Array[],
): number {
  if (cohort.length === 0) return 1;
  const gaps = Array.from({ length: centresMax }, (_, i) => {
    const own = scoreLeftOut(embeddings, folds, i + 1).map(({ score }) => score);
    const templates = templatesOf(embeddings, i + 1);
    const others = cohort.map((other) => personScore(other, templates));
    return quantile(own, 0.02) - quantile(others, 0.999);
  });
  const best = Math.max(...gaps);
  return 1 + gaps.findIndex((gap) => gap >= best - gainMin);
}
