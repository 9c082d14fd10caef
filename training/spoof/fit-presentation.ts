// Learns the presentation attack defence: renders attacks with the user's own photos, and fits a head on what it sees.
import type { Face } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import type { PresentationExtractor } from "../../device/vision/presentation-detector.ts";
import { type Example, type FittedHead, fitLinearHead } from "../linear-head/fit-linear-head.ts";
import { type SeededRandom, seededRandom, shuffle } from "../seeded-random.ts";
import { happens, pick } from "./chance.ts";
import type { PhotoWithFace } from "./medium.ts";
import { attackKinds, renderAttack } from "./render-attack.ts";
import { renderGenuine } from "./render-genuine.ts";
import { findRendered, type Rendered } from "./view.ts";

/** A genuine photo, reduced to what is needed of it. */
export interface GenuinePhoto extends PhotoWithFace {
  /** Photos of one group are near-duplicates or of one person: they are never divided between fitting and choosing. */
  readonly group: string;
}

export interface FitPresentationOptions {
  /** Of the owner and of others, in any order. */
  readonly photos: readonly GenuinePhoto[];
  /** Places and things: what is behind an attack. */
  readonly scenes: readonly RgbImage[];
  readonly detectFaces: FaceDetector;
  readonly extract: PresentationExtractor;
  /** Renderings of each photo: so many prints, so many screens, and so many genuine ones beside the photo itself. */
  readonly rendersPerPhoto: number;
  /** Share of genuine pictures that may be refused, measured on photos that were not fitted on. */
  readonly refusalsMax: number;
  readonly seed: number;
  readonly progress: Progress;
}

/** Attackers also hold a print before their own face: so often the scene is another person. */
const personBehindShare = 0.35;

/** Below it a threshold means nothing. */
const photosMin = 12;

/**
 * Throws DATASET_INVALID with too few photos or no scene; the same photos, seed and network give the same head.
 */
export async function fitPresentationHead(options: FitPresentationOptions): Promise<FittedHead> {
  const { photos, scenes, progress, seed } = options;
  if (photos.length < photosMin || scenes.length === 0) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `at least ${photosMin} photos with a face and one of an object, to learn what a photo of a photo is`,
      found: `${photos.length} and ${scenes.length}`,
      next: "Add photos to owner/, others/ and objects/.",
    });
  }
  progress.step("rendering attacks", photos.length);
  const random = seededRandom(seed);
  const examples: Example[] = [];
  for (const [index, photo] of photos.entries()) {
    examples.push(...(await renderExamples(photo, options, random)));
    progress.advance(index + 1);
  }
  return fitLinearHead(examples, {
    purpose: "presentation",
    ridge: 0.1,
    falseAlarmsMax: options.refusalsMax,
    folds: 4,
    seed,
  });
}

async function renderExamples(
  photo: GenuinePhoto,
  { photos, scenes, detectFaces, extract, rendersPerPhoto }: FitPresentationOptions,
  random: SeededRandom,
): Promise<Example[]> {
  const { group } = photo;
  const examples: Example[] = [];
  const add = (kind: string, image: RgbImage, face: Face) =>
    examples.push({ features: extract(image, face), positive: kind !== "genuine", kind, group });
  const addRendered = (kind: string, rendered: Rendered) => {
    const face = findRendered(rendered, detectFaces);
    // An attack without a face that the detector sees opens nothing.
    if (face !== undefined) add(kind, rendered.image, face);
  };
  add("genuine", photo.image, photo.face);
  for (let i = 0; i < rendersPerPhoto; i++) {
    addRendered("genuine", await renderGenuine(photo, random));
    for (const kind of attackKinds) {
      const scene = happens(random, personBehindShare) ? pick(random, photos).image : pick(random, scenes);
      addRendered(kind, await renderAttack(kind, photo, scene, pick(random, photos), random));
    }
  }
  return examples;
}

/** As many photos as are needed, from every group in turn, so that no burst of one day outweighs the rest. */
export function chooseEvenly<T extends { readonly group: string }>(
  photos: readonly T[],
  count: number,
  seed: number,
): T[] {
  const random = seededRandom(seed);
  const groups = new Map<string, T[]>();
  for (const photo of shuffle([...photos], random)) {
    const members = groups.get(photo.group);
    if (members === undefined) groups.set(photo.group, [photo]);
    else members.push(photo);
  }
  const chosen: T[] = [];
  for (let round = 0; chosen.length < Math.min(count, photos.length); round++) {
    for (const members of groups.values()) {
      if (members[round] !== undefined && chosen.length < count) chosen.push(members[round]!);
    }
  }
  return chosen;
}
