// Which photos belong together, so that they must go to one split: found by every sound sign of it, joined transitively.
import type { ClassFolder } from "./classes.ts";
import { hashDistance, type PerceptualHash } from "./perceptual-hash.ts";
import type { SourceList } from "./source-list.ts";

/** What is known of a usable photo. */
export interface KnownPhoto {
  /** Below the data set's folder, with `/`: `owner/2026-03-01/17.jpg`. */
  readonly path: string;
  readonly folder: ClassFolder;
  readonly sha256: string;
  readonly takenAtMs: number | null;
  readonly camera: string | null;
  /** Of each prepared picture. */
  readonly hashes: readonly PerceptualHash[];
}

/**
 * Hashes of 256 bits that are nearer are pictures of one moment or copies. Chosen on 120 photos of one person, 250 of others
 * and 240 things: a photo saved at quality 40, at 60 % of its size, darker, blurred or cut by 4 % differs from itself
 * by at most 48 bits in 97 of 100 cases; two different photos never differ by less than 70.
 */
export const alikeBitsMax = 48;

/**
 * The same, for recordings, in which a person before a wall takes the same pose again minutes later: that is another
 * picture, as it will be at the door. Neighbouring frames and copies are nearer.
 */
export const sameShotBitsMax = 20;

/** Photos that one camera took with less time between them are one burst. */
const burstGapMs = 10_000;

/** A name that stands on more of a class's photos says nothing about who belongs together: "the owner", "object". */
const identityShareMax = 0.5;

export interface Links {
  /** The folder below the class's: a person, a burst, a day. */
  readonly folders: boolean;
  /** Near-duplicates. */
  readonly alike: boolean;
}

/** The folder below the class's is the group; a photo directly in the class's folder is a group of its own. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return path.indexOf("/") === slash ? path : path.slice(0, slash);
}

/** Groups as lists of indices, in the order of their first photos. */
export function groupPhotos(photos: readonly KnownPhoto[], sources: SourceList, links: Links): number[][] {
  const sets = new DisjointSets(photos.length);
  const identities = tellingIdentities(photos, sources);
  joinEqual(sets, photos, (photo) => photo.sha256);
  joinEqual(sets, photos, ({ path }) => sources.get(path)?.source ?? null);
  joinEqual(sets, photos, (photo) => identities.get(photo.path) ?? null);
  // A list that knows a photo knows better than its folder.
  if (links.folders) joinEqual(sets, photos, ({ path }) => (sources.has(path) ? null : folderOf(path)));
  joinBursts(sets, photos);
  if (links.alike) for (const [a, b] of nearPairs(photos, alikeBitsMax)) sets.join(a, b);
  return sets.groups();
}

/** Of each photo whose name tells something: class and name. */
function tellingIdentities(photos: readonly KnownPhoto[], sources: SourceList): Map<string, string> {
  const totals = countBy(photos, ({ folder }) => folder);
  const named = (photo: KnownPhoto) => {
    const identity = sources.get(photo.path)?.identity ?? null;
    return identity === null ? null : `${photo.folder}\n${identity}`;
  };
  const counts = countBy(photos, (photo) => named(photo) ?? "");
  const telling = new Map<string, string>();
  for (const photo of photos) {
    const name = named(photo);
    if (name !== null && counts.get(name)! <= identityShareMax * totals.get(photo.folder)!)
      telling.set(photo.path, name);
  }
  return telling;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

function joinEqual(
  sets: DisjointSets,
  photos: readonly KnownPhoto[],
  keyOf: (photo: KnownPhoto) => string | null,
): void {
  const first = new Map<string, number>();
  photos.forEach((photo, index) => {
    const key = keyOf(photo);
    if (key === null) return;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else sets.join(earlier, index);
  });
}

function joinBursts(sets: DisjointSets, photos: readonly KnownPhoto[]): void {
  const last = new Map<string, number>();
  const timed = photos.flatMap((photo, index) => (photo.takenAtMs === null ? [] : [index]));
  timed.sort((a, b) => photos[a]!.takenAtMs! - photos[b]!.takenAtMs!);
  for (const index of timed) {
    const { folder, camera, takenAtMs } = photos[index]!;
    const key = `${folder}\n${camera}`;
    const before = last.get(key);
    if (before !== undefined && takenAtMs! - photos[before]!.takenAtMs! <= burstGapMs) sets.join(before, index);
    last.set(key, index);
  }
}

/** Pairs of photos, any of whose pictures are nearer than that. */
function* nearPairs(photos: readonly KnownPhoto[], bitsMax: number): Generator<[number, number]> {
  for (let a = 0; a < photos.length; a++) {
    for (let b = 0; b < a; b++) {
      if (areNear(photos[a]!.hashes, photos[b]!.hashes, bitsMax)) yield [a, b];
    }
  }
}

export function areNear(a: readonly PerceptualHash[], b: readonly PerceptualHash[], bitsMax: number): boolean {
  for (const one of a) for (const other of b) if (hashDistance(one, other) <= bitsMax) return true;
  return false;
}

/** Sets that grow together (union-find). */
class DisjointSets {
  readonly #parents: number[];

  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, i) => i);
  }

  #rootOf(index: number): number {
    let root = index;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    for (let at = index; at !== root; ) {
      const next = this.#parents[at]!;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    const [low, high] = [this.#rootOf(a), this.#rootOf(b)].sort((x, y) => x - y);
    this.#parents[high!] = low!;
  }

  groups(): number[][] {
    const members = new Map<number, number[]>();
    this.#parents.forEach((_, index) => {
      const root = this.#rootOf(index);
      const group = members.get(root);
      if (group === undefined) members.set(root, [index]);
      else group.push(index);
    });
    return [...members.values()];
  }
}
