// Preparation: faces found and framed alike, resized to the input's size, split; each class by itself, as in the notebook.
import type { Dirent } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Face, frameFace } from "../../device/bundle/faces.ts";
import type { Region, RgbImage } from "../../device/bundle/image.ts";
import { centreSquare, resampleToRgb } from "../../device/bundle/resample.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import { seededRandom } from "../seeded-random.ts";
import { encodeJpeg, readPhoto } from "./photo.ts";
import { type SplitName, splitByGroup, splitNames } from "./split.ts";

/** The folders of a data set, in the order of the labels. */
export const classFolders = ["owner", "others", "objects"] as const;
export type ClassFolder = (typeof classFolders)[number];

export interface PrepareOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  /** Receives train/, validation/ and test/, each with the three classes. */
  readonly preparedDir: string;
  readonly sizePx: number;
  readonly faceMarginRatio: number;
  readonly faceWidthMinPx: number;
  readonly seed: number;
  readonly detectFaces: FaceDetector;
  readonly progress: Progress;
}

export interface SkippedPhoto {
  readonly path: string;
  readonly reason: string;
}

export interface Prepared {
  readonly counts: Readonly<Record<SplitName, Readonly<Record<ClassFolder, number>>>>;
  readonly skipped: readonly SkippedPhoto[];
}

const photoName = /\.(jpe?g|png|webp|heic|avif|tiff?)$/i;
const photosMax = 200_000;

/**
 * Prepares every class that is not there, finished, in all three splits; a class that is stays untouched.
 *
 * @throws FacelatchError DATASET_INVALID for a class without a usable photo in each split
 */
export async function prepareDataset(options: PrepareOptions): Promise<Prepared> {
  const skipped: SkippedPhoto[] = [];
  for (const folder of classFolders) {
    if (!(await isPrepared(options, folder))) await prepareClass(options, folder, skipped);
  }
  return { counts: await countPrepared(options.preparedDir), skipped };
}

/** Written when a class is finished: an interrupted preparation, or one with another seed, is made anew. */
function markerPath({ preparedDir }: PrepareOptions, folder: ClassFolder): string {
  return join(preparedDir, `${folder}.json`);
}

function markerOf({ seed, sizePx, faceMarginRatio, faceWidthMinPx }: PrepareOptions): string {
  return `${JSON.stringify({ seed, sizePx, faceMarginRatio, faceWidthMinPx })}\n`;
}

async function isPrepared(options: PrepareOptions, folder: ClassFolder): Promise<boolean> {
  const marker = await readFile(markerPath(options, folder), "utf8").catch(() => null);
  return marker === markerOf(options) && (await hasEverySplit(options.preparedDir, folder));
}

async function hasEverySplit(preparedDir: string, folder: ClassFolder): Promise<boolean> {
  const listings = await Promise.all(splitNames.map((split) => listPhotos(join(preparedDir, split, folder))));
  return listings.every((photos) => photos.length > 0);
}

async function prepareClass(options: PrepareOptions, folder: ClassFolder, skipped: SkippedPhoto[]): Promise<void> {
  const photos = await listPhotos(join(options.dataDir, folder));
  if (photos.length < splitNames.length) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `at least ${splitNames.length} photos in ${join(options.dataDir, folder)}`,
      found: String(photos.length),
      next: "Add photos (JPEG, PNG, WebP): a few hundred of the owner, as many of other people, and objects.",
    });
  }
  const splits = splitByGroup(photos, seededRandom(options.seed));
  await rm(markerPath(options, folder), { force: true });
  for (const split of splitNames) {
    await rm(join(options.preparedDir, split, folder), { recursive: true, force: true });
    await mkdir(join(options.preparedDir, split, folder), { recursive: true });
  }
  options.progress.step(`preparing ${folder}`, photos.length);
  for (const [index, photo] of photos.entries()) {
    await preparePhoto(options, folder, photo, splits.get(photo)!).catch((error: unknown) => {
      if (!(error instanceof FacelatchError)) throw error;
      skipped.push({ path: join(folder, photo), reason: messageOf(error) });
    });
    options.progress.advance(index + 1);
  }
  if (await hasEverySplit(options.preparedDir, folder)) {
    await writeFile(markerPath(options, folder), markerOf(options));
    return;
  }
  throw new FacelatchError("DATASET_INVALID", {
    expected: `usable photos of "${folder}" for each of ${splitNames.join(", ")}`,
    found: `${skipped.length} photos skipped${skipped[0] === undefined ? "" : `, such as ${skipped[0].path}: ${skipped[0].reason}`}`,
    next: "Add photos in more than two folders, or photos in which the face is larger.",
  });
}

async function preparePhoto(
  options: PrepareOptions,
  folder: ClassFolder,
  photo: string,
  split: SplitName,
): Promise<void> {
  const image = await readPhoto(join(options.dataDir, folder, photo));
  const regions = regionsOf(options, folder, photo, image);
  // The extension stays: a.jpg and a.png are two photos.
  const stem = photo.replaceAll("/", "__");
  for (const [index, region] of regions.entries()) {
    const square = resampleToRgb(image, region, options.sizePx, options.sizePx);
    const name = `${stem}${index === 0 ? "" : `__face${index + 1}`}.jpg`;
    await writeFile(join(options.preparedDir, split, folder, name), await encodeJpeg(square));
  }
}

/** What of a photo is learnt: the owner's largest face, every face of others, the middle of an object. */
function regionsOf(options: PrepareOptions, folder: ClassFolder, photo: string, image: RgbImage): Region[] {
  if (folder === "objects") return [centreSquare(image)];
  const faces = options.detectFaces(image).filter((face) => face.box.widthPx >= options.faceWidthMinPx);
  if (faces.length === 0) {
    throw new FacelatchError("IMAGE_INVALID", {
      expected: `a face of at least ${options.faceWidthMinPx} px in ${photo}`,
      found: "none",
      next: "Move the photo to objects/ or remove it.",
    });
  }
  const used: readonly Face[] = folder === "owner" ? faces.slice(0, 1) : faces;
  return used.map((face) => frameFace(face, options.faceMarginRatio));
}

/** Photos below a folder, relative to it, with `/`, sorted; empty when the folder is missing. */
export async function listPhotos(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [] as Dirent[];
      throw error;
    },
  );
  const photos: string[] = [];
  for (const entry of entries) {
    if (!photoName.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    // A selection can be made of links.
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
    if (kind?.isFile() === true) photos.push(relative(folder, path).split(sep).join("/"));
  }
  if (photos.length <= photosMax) return photos.sort();
  throw new FacelatchError("DATASET_INVALID", {
    expected: `at most ${photosMax} photos in ${folder}`,
    found: String(photos.length),
    next: "Train on a selection.",
  });
}

async function countPrepared(preparedDir: string): Promise<Prepared["counts"]> {
  const count = async (split: SplitName, folder: ClassFolder) =>
    (await listPhotos(join(preparedDir, split, folder))).length;
  const countSplit = async (split: SplitName) => ({
    owner: await count(split, "owner"),
    others: await count(split, "others"),
    objects: await count(split, "objects"),
  });
  return {
    train: await countSplit("train"),
    validation: await countSplit("validation"),
    test: await countSplit("test"),
  };
}
