// From usable photos to their splits: groups are found, dealt class by class, and where one recording is all there is,
// near-duplicates are left out instead.
import { seededRandom } from "../seeded-random.ts";
import { type ClassFolder, classFolders, type SplitName, splitNames } from "./classes.ts";
import { areNear, groupPhotos, type KnownPhoto, type Links, sameShotBitsMax } from "./groups.ts";
import type { SourceList } from "./source-list.ts";
import { dealGroups, shares } from "./split.ts";

export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

export interface Dealt {
  /** Of every photo but those left out. */
  readonly splits: ReadonlyMap<string, SplitName>;
  readonly leftOut: readonly LeftOut[];
  /** What people should know about how it was split. */
  readonly notes: readonly string[];
}

/** Tried in this order, until validation and test get enough. */
const attempts: readonly (Links & { readonly note: string | null })[] = [
  { folders: true, alike: true, note: null },
  {
    folders: false,
    alike: true,
    note: "too few folders to split by, so photos were grouped by likeness and time alone",
  },
  {
    folders: true,
    alike: false,
    note: "too much alike to split by likeness, so it was split by folder and near-duplicates were left out",
  },
  {
    folders: false,
    alike: false,
    note: "too much alike and in too few folders, so photos were split one by one and near-duplicates were left out",
  },
];

/** A split with less of its share than this says little. */
const shareFilledMin = 0.3;

/**
 * Deals every photo without a split; those with one stay where they are, and whatever belongs to them joins them.
 *
 * @param fixed of classes that are prepared already
 */
export function dealPhotos(
  photos: readonly KnownPhoto[],
  fixed: ReadonlyMap<string, SplitName>,
  sources: SourceList,
  seed: number,
): Dealt {
  let splits: ReadonlyMap<string, SplitName> = fixed;
  const leftOut: LeftOut[] = [];
  const notes: string[] = [];
  const sorted = [...photos].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const folder of classFolders) {
    if (!sorted.some((photo) => photo.folder === folder && !splits.has(photo.path))) continue;
    const dealt = dealClass(sorted, folder, splits, sources, seed);
    splits = new Map([...splits, ...dealt.splits]);
    leftOut.push(...dealt.leftOut);
    notes.push(...dealt.notes.map((note) => `${folder}: ${note}`));
  }
  return { splits, leftOut, notes };
}

/**
 * Adds every photo without a split to training; what belongs to a photo of validation or test is left out, so that these
 * two stay what they are.
 */
export function joinTraining(
  photos: readonly KnownPhoto[],
  fixed: ReadonlyMap<string, SplitName>,
  sources: SourceList,
): Dealt {
  const splits = new Map(fixed);
  const leftOut: LeftOut[] = [];
  for (const group of groupPhotos(photos, sources, { folders: true, alike: true })) {
    const members = group.map((index) => photos[index]!);
    const measured = members.find(({ path }) => (fixed.get(path) ?? "train") !== "train");
    for (const { path } of members) {
      if (fixed.has(path)) continue;
      if (measured === undefined) splits.set(path, "train");
      else leftOut.push({ path, reason: `belongs to ${measured.path}, which is kept for measuring` });
    }
  }
  return { splits, leftOut, notes: [] };
}

function dealClass(
  photos: readonly KnownPhoto[],
  folder: ClassFolder,
  fixed: ReadonlyMap<string, SplitName>,
  sources: SourceList,
  seed: number,
): Dealt {
  let best: Dealt | null = null;
  for (const { note, ...links } of attempts) {
    const attempt = dealOnce(photos, folder, fixed, sources, seed, links);
    const dealt = note === null ? attempt : { ...attempt, notes: [...attempt.notes, note] };
    if (fillOf(dealt, photos, folder) >= shareFilledMin) return dealt;
    if (best === null || fillOf(dealt, photos, folder) > fillOf(best, photos, folder)) best = dealt;
  }
  return best!;
}

/** Of its share, what the split with least holds. */
function fillOf({ splits }: Dealt, photos: readonly KnownPhoto[], folder: ClassFolder): number {
  const held: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  for (const photo of photos) {
    const split = photo.folder === folder ? splits.get(photo.path) : undefined;
    if (split !== undefined) held[split]++;
  }
  const total = photos.filter((photo) => photo.folder === folder).length;
  return Math.min(...splitNames.map((split) => held[split] / (shares[split] * total)));
}

function dealOnce(
  photos: readonly KnownPhoto[],
  folder: ClassFolder,
  fixed: ReadonlyMap<string, SplitName>,
  sources: SourceList,
  seed: number,
  links: Links,
): Dealt {
  const splits = new Map(fixed);
  const leftOut: LeftOut[] = [];
  const free: KnownPhoto[][] = [];
  for (const group of groupPhotos(photos, sources, links)) {
    const members = group.map((index) => photos[index]!);
    const mine = members.filter((photo) => photo.folder === folder && !fixed.has(photo.path));
    if (mine.length === 0) continue;
    const bound = new Set(members.flatMap(({ path }) => fixed.get(path) ?? []));
    if (bound.size === 0) free.push(mine);
    else if (bound.size === 1) for (const { path } of mine) splits.set(path, [...bound][0]!);
    else for (const { path } of mine) leftOut.push({ path, reason: "belongs to photos of two splits" });
  }
  const sized = free.map((members) => ({ members, size: members.reduce((sum, { hashes }) => sum + hashes.length, 0) }));
  const held: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  for (const photo of photos) {
    const split = photo.folder === folder ? splits.get(photo.path) : undefined;
    if (split !== undefined) held[split] += photo.hashes.length;
  }
  dealGroups(sized, seededRandom(seed), held).forEach((split, i) => {
    for (const { path } of sized[i]!.members) splits.set(path, split);
  });
  if (!links.alike) leftOut.push(...leaveOutNear(photos, folder, splits, fixed));
  return { splits, leftOut, notes: [] };
}

/** Takes photos out that are the same shot as one of another split: rather out of validation and test than out of training. */
function leaveOutNear(
  photos: readonly KnownPhoto[],
  folder: ClassFolder,
  splits: Map<string, SplitName>,
  fixed: ReadonlyMap<string, SplitName>,
): LeftOut[] {
  const leftOut: LeftOut[] = [];
  const earlier: KnownPhoto[] = [];
  for (const split of splitNames) {
    const members = photos.filter((photo) => splits.get(photo.path) === split);
    const elsewhere = photos.filter(({ path }) => fixed.has(path) && fixed.get(path) !== split);
    for (const photo of members) {
      if (photo.folder !== folder || fixed.has(photo.path)) continue;
      const isTwin = ({ hashes }: KnownPhoto) => areNear(photo.hashes, hashes, sameShotBitsMax);
      const twin = earlier.find(isTwin) ?? elsewhere.find(isTwin);
      if (twin === undefined) continue;
      splits.delete(photo.path);
      leftOut.push({ path: photo.path, reason: `nearly the same picture as ${twin.path}, which is in another split` });
    }
    earlier.push(...members.filter(({ path }) => splits.has(path)));
  }
  return leftOut;
}
