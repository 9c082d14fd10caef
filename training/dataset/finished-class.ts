// A finished class: its squares in the three splits, and PREPARED/owner.json, which says where they came from.
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, replaceFile, writing } from "../write-file.ts";
import { type ClassFolder, type SplitName, splitNames } from "./classes.ts";
import type { Framing } from "./frame-photo.ts";
import { listPhotos } from "./list-photos.ts";
import { picturesFolder, type ScannedPhoto, statOrNull } from "./scan-photo.ts";

/** What decides how a class is prepared: with other settings it is made anew. */
export interface Settings extends Framing {
  readonly formatVersion: 1;
  readonly seed: number;
  readonly heldOut: readonly string[];
}

export interface FinishedPhoto extends ScannedPhoto {
  /** Null where nothing of it is used. */
  readonly split: SplitName | null;
}

export interface FinishedClass {
  readonly settings: Settings;
  readonly photos: readonly FinishedPhoto[];
  /** How it was split, where that is not the usual way. */
  readonly notes: readonly string[];
}

export function finishedPath(preparedDir: string, folder: ClassFolder): string {
  return join(preparedDir, `${folder}.json`);
}

/** Null for a class that must be made: never finished, with other settings, or with a split that was emptied. */
export async function readFinished(
  preparedDir: string,
  folder: ClassFolder,
  settings: Settings,
): Promise<FinishedClass | null> {
  const path = finishedPath(preparedDir, folder);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const finished = JSON.parse(text) as FinishedClass;
  const isSame = JSON.stringify(finished.settings) === JSON.stringify(settings);
  return isSame && (await hasEverySplit(preparedDir, folder)) ? finished : null;
}

async function hasEverySplit(preparedDir: string, folder: ClassFolder): Promise<boolean> {
  const listings = await Promise.all(splitNames.map((split) => listPhotos(join(preparedDir, split, folder))));
  return listings.every((photos) => photos.length > 0);
}

/** Deletes what a class that was finished once left in the splits, as in the notebook; whether there was one. */
export async function dropFinished(preparedDir: string, folder: ClassFolder): Promise<boolean> {
  if ((await statOrNull(finishedPath(preparedDir, folder))) === null) return false;
  for (const split of splitNames) await rm(join(preparedDir, split, folder), { recursive: true, force: true });
  await rm(finishedPath(preparedDir, folder));
  return true;
}

/** Moves the squares of photos to their splits; the class is finished when its file is there. */
export async function finishClass(
  preparedDir: string,
  scanDir: string,
  folder: ClassFolder,
  finished: FinishedClass,
  moved: readonly FinishedPhoto[],
): Promise<void> {
  for (const split of splitNames) await makeFolder(join(preparedDir, split, folder));
  for (const { split, pictures } of moved) {
    if (split === null) continue;
    for (const { name } of pictures) {
      const target = join(preparedDir, split, folder, name);
      await writing(target, () => rename(join(picturesFolder(scanDir, folder), name), target));
    }
  }
  await replaceFile(finishedPath(preparedDir, folder), `${JSON.stringify(finished)}\n`);
}

/** Squares that a killed run had moved to their splits already come back, for the scan to find. */
export async function recoverMoved(preparedDir: string, scanDir: string, folder: ClassFolder): Promise<void> {
  const target = picturesFolder(scanDir, folder);
  for (const split of splitNames) {
    const from = join(preparedDir, split, folder);
    for (const name of await listPhotos(from)) {
      await makeFolder(target);
      await writing(target, () => rename(join(from, name), join(target, name)));
    }
  }
}
