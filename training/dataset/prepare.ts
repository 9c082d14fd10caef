// Preparation: faces found and framed alike, resized to the input's size, split; each class by itself, as in the notebook.
import { readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { makeFolder, replaceFile, writing } from "../write-file.ts";
import { type ClassFolder, classFolders, type SplitName, splitNames } from "./classes.ts";
import { type Dealt, dealPhotos } from "./deal.ts";
import type { Framing, Skip } from "./frame-photo.ts";
import type { KnownPhoto } from "./groups.ts";
import { countLeaks, type Leaks } from "./leaks.ts";
import { listPhotos } from "./list-photos.ts";
import { hashFromText } from "./perceptual-hash.ts";
import { dropScan, picturesFolder, type ScannedPhoto, type ScanOptions, scanClass } from "./scan.ts";
import { readSourceList } from "./source-list.ts";

export interface PrepareOptions extends Omit<ScanOptions, "scanDir"> {
  /** Receives train/, validation/ and test/, each with the three classes. */
  readonly preparedDir: string;
  readonly seed: number;
  /** Paths below the data set's folder that are never trained on. */
  readonly heldOut?: readonly string[];
}

export interface SkippedPhoto extends Skip {
  readonly path: string;
}

/** A usable photo, and what was made of it. */
export interface PreparedPhoto {
  /** Below the data set's folder, with `/`. */
  readonly path: string;
  readonly folder: ClassFolder;
  readonly split: SplitName;
  /** Below the prepared folder, with `/`. */
  readonly pictures: readonly string[];
}

export interface Prepared {
  readonly counts: Readonly<Record<SplitName, Readonly<Record<ClassFolder, number>>>>;
  readonly photos: readonly PreparedPhoto[];
  readonly skipped: readonly SkippedPhoto[];
  /** How it was split, where that is not the usual way, and what came to the folders since. */
  readonly notes: readonly string[];
  /** Pairs in different splits that show the same: none, unless something is wrong. */
  readonly leaks: number;
  readonly leaking: Leaks;
}

/** What is kept of a finished class, in PREPARED/owner.json. */
interface FinishedClass {
  readonly settings: Settings;
  readonly photos: readonly (ScannedPhoto & { readonly split: SplitName | null })[];
  readonly notes: readonly string[];
}

interface Settings extends Framing {
  readonly formatVersion: 1;
  readonly seed: number;
  readonly heldOut: readonly string[];
}

/**
 * Prepares every class that is not there, finished, in all three splits; a class that is stays untouched. Killed at any
 * moment, it goes on where it stopped.
 *
 * @throws FacelatchError DATASET_INVALID for a class without a usable photo in each split; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function prepareDataset(options: PrepareOptions): Promise<Prepared> {
  const finished = new Map<ClassFolder, FinishedClass>();
  const scanned = new Map<ClassFolder, ScannedPhoto[]>();
  for (const folder of classFolders) {
    const before = await readFinished(options, folder);
    if (before === null) scanned.set(folder, await scanAnew(options, folder));
    else finished.set(folder, before);
  }
  const dealt = await deal(options, finished, scanned);
  for (const [folder, photos] of scanned) finished.set(folder, await placeClass(options, folder, photos, dealt));
  return summarize(options, finished);
}

function finishedPath({ preparedDir }: PrepareOptions, folder: ClassFolder): string {
  return join(preparedDir, `${folder}.json`);
}

function scanDirOf({ preparedDir }: PrepareOptions): string {
  return join(preparedDir, "scan");
}

function settingsOf({ seed, kind, sizePx, faceMarginRatio, faceWidthMinPx, heldOut = [] }: PrepareOptions): Settings {
  return { formatVersion: 1, seed, kind, sizePx, faceMarginRatio, faceWidthMinPx, heldOut };
}

/** Null for a class that must be made: never finished, with other settings, or with a split that was emptied. */
async function readFinished(options: PrepareOptions, folder: ClassFolder): Promise<FinishedClass | null> {
  const text = await readFile(finishedPath(options, folder), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const finished = JSON.parse(text) as FinishedClass;
  const isSame = JSON.stringify(finished.settings) === JSON.stringify(settingsOf(options));
  return isSame && (await hasEverySplit(options.preparedDir, folder)) ? finished : null;
}

async function hasEverySplit(preparedDir: string, folder: ClassFolder): Promise<boolean> {
  const listings = await Promise.all(splitNames.map((split) => listPhotos(join(preparedDir, split, folder))));
  return listings.every((photos) => photos.length > 0);
}

async function scanAnew(options: PrepareOptions, folder: ClassFolder): Promise<ScannedPhoto[]> {
  const photos = await trainedPhotos(options, folder);
  if (photos.length < splitNames.length) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `at least ${splitNames.length} photos in ${join(options.dataDir, folder)}`,
      found: photos.length === 0 ? "none" : `only ${photos.join(", ")}`,
      next: "Add photos (JPEG, PNG, WebP): a few hundred of the owner, as many of other people, and objects.",
    });
  }
  if ((await statOrNull(finishedPath(options, folder))) !== null) {
    // Finished once, and no longer good: all of it is made anew, as in the notebook.
    await dropScan(scanDirOf(options), folder);
    for (const split of splitNames)
      await rm(join(options.preparedDir, split, folder), { recursive: true, force: true });
    await rm(finishedPath(options, folder));
  }
  await recoverPlaced(options, folder);
  return scanClass({ ...options, scanDir: scanDirOf(options) }, folder, photos);
}

async function trainedPhotos({ dataDir, heldOut = [] }: PrepareOptions, folder: ClassFolder): Promise<string[]> {
  const photos = await listPhotos(join(dataDir, folder));
  return photos.filter((photo) => !heldOut.some((path) => `${folder}/${photo}`.startsWith(`${path}/`)));
}

async function statOrNull(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

/** Squares that a killed run had moved to their splits already come back, for the scan to find. */
async function recoverPlaced(options: PrepareOptions, folder: ClassFolder): Promise<void> {
  const target = picturesFolder(scanDirOf(options), folder);
  for (const split of splitNames) {
    const from = join(options.preparedDir, split, folder);
    for (const name of await listPhotos(from)) {
      await makeFolder(target);
      await writing(target, () => rename(join(from, name), join(target, name)));
    }
  }
}

async function deal(
  options: PrepareOptions,
  finished: ReadonlyMap<ClassFolder, FinishedClass>,
  scanned: ReadonlyMap<ClassFolder, readonly ScannedPhoto[]>,
): Promise<Dealt> {
  const known: KnownPhoto[] = [];
  const fixed = new Map<string, SplitName>();
  for (const [folder, { photos }] of finished) {
    for (const photo of photos) {
      if (photo.split === null) continue;
      known.push(knownPhoto(folder, photo));
      fixed.set(photo.path, photo.split);
    }
  }
  for (const [folder, photos] of scanned) {
    for (const photo of photos) if (photo.skip === null) known.push(knownPhoto(folder, photo));
  }
  return dealPhotos(known, fixed, await readSourceList(options.dataDir), options.seed);
}

function knownPhoto(folder: ClassFolder, photo: ScannedPhoto): KnownPhoto {
  const { path, sha256, takenAtMs, camera, pictures } = photo;
  return { path, folder, sha256: sha256!, takenAtMs, camera, hashes: pictures.map(({ hash }) => hashFromText(hash)) };
}

/** Moves the squares of a class to their splits; the class is finished when its file is there. */
async function placeClass(
  options: PrepareOptions,
  folder: ClassFolder,
  scanned: readonly ScannedPhoto[],
  dealt: Dealt,
): Promise<FinishedClass> {
  const leftOut = new Map(dealt.leftOut.map(({ path, reason }) => [path, reason]));
  const photos = scanned.map((photo) => {
    const reason = leftOut.get(photo.path);
    const skip = reason === undefined ? photo.skip : ({ kind: "left-out", reason } as const);
    return { ...photo, skip, split: dealt.splits.get(photo.path) ?? null };
  });
  assertEverySplit(options, folder, photos);
  for (const split of splitNames) await makeFolder(join(options.preparedDir, split, folder));
  for (const { split, pictures } of photos) {
    if (split === null) continue;
    for (const { name } of pictures) {
      const target = join(options.preparedDir, split, folder, name);
      await writing(target, () => rename(join(picturesFolder(scanDirOf(options), folder), name), target));
    }
  }
  const notes = dealt.notes.filter((note) => note.startsWith(`${folder}: `));
  const finished: FinishedClass = { settings: settingsOf(options), photos, notes };
  await replaceFile(finishedPath(options, folder), `${JSON.stringify(finished)}\n`);
  await dropScan(scanDirOf(options), folder);
  return finished;
}

function assertEverySplit(
  { dataDir }: PrepareOptions,
  folder: ClassFolder,
  photos: readonly { readonly split: SplitName | null; readonly skip: ScannedPhoto["skip"] }[],
): void {
  if (splitNames.every((split) => photos.some((photo) => photo.split === split))) return;
  const usable = photos.filter(({ split }) => split !== null).length;
  const reason = photos.find(({ skip }) => skip !== null)?.skip?.reason;
  throw new FacelatchError("DATASET_INVALID", {
    expected: `photos of at least three occasions or persons in ${join(dataDir, folder)}, one for each of ${splitNames.join(", ")}`,
    found: `${usable} usable of ${photos.length}, that all belong together${reason === undefined ? "" : `; skipped, for instance: ${reason}`}`,
    next: "Add photos of other days or people, or photos in which the face is larger.",
  });
}

async function summarize(
  options: PrepareOptions,
  finished: ReadonlyMap<ClassFolder, FinishedClass>,
): Promise<Prepared> {
  const photos: PreparedPhoto[] = [];
  const skipped: SkippedPhoto[] = [];
  const notes: string[] = [];
  for (const folder of classFolders) {
    const entries = finished.get(folder)!;
    notes.push(...entries.notes, ...(await newsOf(options, folder, entries)));
    // Whoever deletes a prepared picture by hand means it.
    const present = new Set<string>();
    for (const split of splitNames) {
      for (const name of await listPhotos(join(options.preparedDir, split, folder))) {
        present.add(`${split}/${folder}/${name}`);
      }
    }
    for (const { path, split, skip, pictures } of entries.photos) {
      if (skip !== null) skipped.push({ path, ...skip });
      const own = pictures.map(({ name }) => `${split}/${folder}/${name}`).filter((picture) => present.has(picture));
      if (split !== null && own.length > 0) photos.push({ path, folder, split, pictures: own });
    }
  }
  options.progress.step("looking for leaks", photos.length);
  const leaking = await countLeaks(
    options.preparedDir,
    photos,
    await readSourceList(options.dataDir),
    options.progress,
  );
  const leaks = leaking.nearDuplicates + leaking.sharedSources;
  return { counts: countPictures(photos), photos, skipped, notes, leaks, leaking };
}

/** Photos that came since a class was finished are not in it: whoever added them should know. */
async function newsOf(options: PrepareOptions, folder: ClassFolder, { photos }: FinishedClass): Promise<string[]> {
  const known = new Set(photos.map(({ path }) => path));
  const news = (await trainedPhotos(options, folder)).filter((photo) => !known.has(`${folder}/${photo}`));
  if (news.length === 0) return [];
  const path = finishedPath(options, folder);
  return [`${folder}: ${news.length} photos came since it was prepared; delete ${path} to prepare it anew`];
}

function countPictures(photos: readonly PreparedPhoto[]): Prepared["counts"] {
  const count = (split: SplitName, folder: ClassFolder) =>
    photos
      .filter((photo) => photo.split === split && photo.folder === folder)
      .reduce((sum, { pictures }) => sum + pictures.length, 0);
  const countSplit = (split: SplitName) => ({
    owner: count(split, "owner"),
    others: count(split, "others"),
    objects: count(split, "objects"),
  });
  return { train: countSplit("train"), validation: countSplit("validation"), test: countSplit("test") };
}
