// Preparation: faces found and framed alike, resized to the input's size, split; each class by itself, as in the notebook.
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { type ClassFolder, classFolders, type SplitName, splitNames } from "./classes.ts";
import { type Dealt, dealPhotos, joinTraining } from "./deal.ts";
import {
  dropFinished,
  type FinishedClass,
  type FinishedPhoto,
  finishClass,
  finishedPath,
  readFinished,
  recoverMoved,
  type Settings,
} from "./finished-class.ts";
import type { Framing, Skip } from "./frame-photo.ts";
import type { KnownPhoto } from "./groups.ts";
import { countLeaks, type Leaks } from "./leaks.ts";
import { listPhotos } from "./list-photos.ts";
import { hashFromText } from "./perceptual-hash.ts";
import { dropScan, scanClass } from "./scan.ts";
import type { ScannedPhoto } from "./scan-photo.ts";
import { Scanner } from "./scanner.ts";
import { readSourceList } from "./source-list.ts";

export interface PrepareOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  /** Receives train/, validation/ and test/, each with the three classes. */
  readonly preparedDir: string;
  readonly framing: Framing;
  readonly seed: number;
  /** Paths below the data set's folder that are never trained on. */
  readonly heldOut: readonly string[];
  /** Whether photos that came since a class was finished join its training split; they are only told of otherwise. */
  readonly grow: boolean;
  readonly progress: Progress;
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

type Scanned = ReadonlyMap<ClassFolder, readonly ScannedPhoto[]>;
type Finished = Map<ClassFolder, FinishedClass>;

/**
 * Prepares every class that is not there, finished, in all three splits; a class that is stays untouched. Killed at any
 * moment, it goes on where it stopped.
 *
 * @throws FacelatchError DATASET_INVALID for a class without a usable photo in each split; DISK_FULL,
 *   OUTPUT_UNWRITABLE; TRAINING_FAILED naming a photo that ends the process which reads it
 */
export async function prepareDataset(options: PrepareOptions): Promise<Prepared> {
  const finished: Finished = new Map();
  const scanned = new Map<ClassFolder, ScannedPhoto[]>();
  const added = new Map<ClassFolder, ScannedPhoto[]>();
  const scanner = new Scanner({ dataDir: options.dataDir, scanDir: scanDirOf(options) }, options.framing);
  try {
    for (const folder of classFolders) {
      const before = await readFinished(options.preparedDir, folder, settingsOf(options));
      if (before === null) {
        scanned.set(folder, await scanAnew(options, scanner, folder));
        continue;
      }
      finished.set(folder, before);
      const news = options.grow ? await newsOf(options, folder, before) : [];
      if (news.length > 0) added.set(folder, await scan(options, scanner, folder, news));
    }
  } finally {
    await scanner.close();
  }
  await growClasses(options, finished, added);
  await placeClasses(options, finished, scanned);
  return summarize(options, finished);
}

function scanDirOf({ preparedDir }: PrepareOptions): string {
  return join(preparedDir, "scan");
}

function settingsOf({ seed, framing, heldOut }: PrepareOptions): Settings {
  const { kind, sizePx, faceMarginRatio, faceWidthMinPx } = framing;
  return { formatVersion: 1, seed, kind, sizePx, faceMarginRatio, faceWidthMinPx, heldOut };
}

const scan = (options: PrepareOptions, scanner: Scanner, folder: ClassFolder, photos: readonly string[]) =>
  scanClass({ ...options, scanner, scanDir: scanDirOf(options) }, folder, photos);

async function scanAnew(options: PrepareOptions, scanner: Scanner, folder: ClassFolder): Promise<ScannedPhoto[]> {
  const photos = await trainedPhotos(options, folder);
  if (photos.length < splitNames.length) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `at least ${splitNames.length} photos in ${join(options.dataDir, folder)}`,
      found: photos.length === 0 ? "none" : `only ${photos.join(", ")}`,
      next: "Add photos (JPEG, PNG, WebP): a few hundred of the owner, as many of other people, and objects.",
    });
  }
  const wasFinished = await dropFinished(options.preparedDir, folder);
  if (wasFinished) await dropScan(scanDirOf(options), folder);
  await recoverMoved(options.preparedDir, scanDirOf(options), folder);
  return scan(options, scanner, folder, photos);
}

async function trainedPhotos({ dataDir, heldOut }: PrepareOptions, folder: ClassFolder): Promise<string[]> {
  const photos = await listPhotos(join(dataDir, folder));
  return photos.filter((photo) => !heldOut.some((path) => `${folder}/${photo}`.startsWith(`${path}/`)));
}

/** Photos that came since a class was finished, relative to its folder. */
async function newsOf(options: PrepareOptions, folder: ClassFolder, { photos }: FinishedClass): Promise<string[]> {
  const known = new Set(photos.map(({ path }) => path));
  return (await trainedPhotos(options, folder)).filter((photo) => !known.has(`${folder}/${photo}`));
}

/** What is known of the photos that have a split, and of those that were just scanned. */
function knownPhotos(finished: Finished, scanned: Scanned) {
  const fixed = new Map<string, SplitName>();
  const known: KnownPhoto[] = [];
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
  return { known, fixed };
}

function knownPhoto(folder: ClassFolder, photo: ScannedPhoto): KnownPhoto {
  const { path, sha256, takenAtMs, camera, pictures } = photo;
  return { path, folder, sha256: sha256!, takenAtMs, camera, hashes: pictures.map(({ hash }) => hashFromText(hash)) };
}

function withSplits(scanned: readonly ScannedPhoto[], { splits, leftOut }: Dealt): FinishedPhoto[] {
  const reasons = new Map(leftOut.map(({ path, reason }) => [path, reason]));
  return scanned.map((photo) => {
    const reason = reasons.get(photo.path);
    const skip = reason === undefined ? photo.skip : ({ kind: "left-out", reason } as const);
    return { ...photo, skip, split: splits.get(photo.path) ?? null };
  });
}

/** Adds photos to the training splits of finished classes; validation and test stay as they are. */
async function growClasses(options: PrepareOptions, finished: Finished, added: Scanned): Promise<void> {
  const { known, fixed } = knownPhotos(finished, added);
  const dealt = joinTraining(known, fixed, await readSourceList(options.dataDir));
  for (const [folder, scanned] of added) {
    const photos = withSplits(scanned, dealt);
    const before = finished.get(folder)!;
    const grown = { ...before, photos: [...before.photos, ...photos] };
    await finishClass(options.preparedDir, scanDirOf(options), folder, grown, photos);
    await dropScan(scanDirOf(options), folder);
    finished.set(folder, grown);
  }
}

async function placeClasses(options: PrepareOptions, finished: Finished, scanned: Scanned): Promise<void> {
  const { known, fixed } = knownPhotos(finished, scanned);
  const dealt = dealPhotos(known, fixed, await readSourceList(options.dataDir), options.seed);
  for (const [folder, photos] of scanned) {
    const split = withSplits(photos, dealt);
    assertEverySplit(options, folder, split);
    const notes = dealt.notes.filter((note) => note.startsWith(`${folder}: `));
    const made: FinishedClass = { settings: settingsOf(options), photos: split, notes };
    await finishClass(options.preparedDir, scanDirOf(options), folder, made, split);
    await dropScan(scanDirOf(options), folder);
    finished.set(folder, made);
  }
}

function assertEverySplit({ dataDir }: PrepareOptions, folder: ClassFolder, photos: readonly FinishedPhoto[]): void {
  if (splitNames.every((split) => photos.some((photo) => photo.split === split))) return;
  const usable = photos.filter(({ split }) => split !== null).length;
  const reason = photos.find(({ skip }) => skip !== null)?.skip?.reason;
  throw new FacelatchError("DATASET_INVALID", {
    expected: `photos of at least three occasions or persons in ${join(dataDir, folder)}, one for each of ${splitNames.join(", ")}`,
    found: `${usable} usable of ${photos.length}, too few that do not belong together${reason === undefined ? "" : `; skipped, for instance: ${reason}`}`,
    next: "Add photos of other days or people, or photos in which the face is larger.",
  });
}

async function summarize(options: PrepareOptions, finished: Finished): Promise<Prepared> {
  const photos: PreparedPhoto[] = [];
  const skipped: SkippedPhoto[] = [];
  const notes: string[] = [];
  for (const folder of classFolders) {
    const entries = finished.get(folder)!;
    notes.push(...entries.notes, ...(await noteNews(options, folder, entries)));
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
  const { preparedDir, progress } = options;
  progress.step("looking for leaks", photos.length);
  const leaking = await countLeaks(preparedDir, photos, await readSourceList(options.dataDir), progress);
  const leaks = leaking.nearDuplicates + leaking.sharedSources;
  return { counts: countPictures(photos), photos, skipped, notes, leaks, leaking };
}

/** Photos that came since a class was finished are not in it: whoever added them should know. */
async function noteNews(options: PrepareOptions, folder: ClassFolder, finished: FinishedClass): Promise<string[]> {
  const news = await newsOf(options, folder, finished);
  if (news.length === 0) return [];
  const path = finishedPath(options.preparedDir, folder);
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
