// The slow half of preparing a class: every photo is read, its faces are found and framed, and the squares are kept with
// a journal, so that a scan that was killed goes on where it stopped.
import { createHash } from "node:crypto";
import { appendFile, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resampleToRgb } from "../../device/bundle/resample.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { makeFolder, writing } from "../write-file.ts";
import type { ClassFolder } from "./classes.ts";
import { type Framing, type FramingWithDetector, framePhoto, type Skip } from "./frame-photo.ts";
import { hashToText, perceptualHash } from "./perceptual-hash.ts";
import { encodeJpeg, openPhoto, type Photo } from "./photo.ts";

export interface ScanOptions extends FramingWithDetector {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  /** Receives the squares and the journals of classes that are not finished. */
  readonly scanDir: string;
  readonly progress: Progress;
}

export interface ScannedPicture {
  /** File name; unique in its class. */
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal perceptual hash. */
  readonly hash: string;
}

/** One photo, as the journal keeps it. */
export interface ScannedPhoto {
  /** Below the data set's folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly sha256: string | null;
  readonly takenAtMs: number | null;
  readonly camera: string | null;
  readonly pictures: readonly ScannedPicture[];
  readonly skip: Skip | null;
}

/** Photos that are read ahead while faces are looked for in the one before. */
const readAheadPhotos = 2;

export function journalPath(scanDir: string, folder: ClassFolder): string {
  return join(scanDir, `${folder}.jsonl`);
}

export function picturesFolder(scanDir: string, folder: ClassFolder): string {
  return join(scanDir, folder);
}

/**
 * Scans the photos of a class; what an earlier scan with the same framing left is used, where the photo is unchanged.
 *
 * @param photos relative to the class's folder, with `/`
 * @throws FacelatchError DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function scanClass(
  options: ScanOptions,
  folder: ClassFolder,
  photos: readonly string[],
): Promise<ScannedPhoto[]> {
  const { scanDir, progress } = options;
  await makeFolder(picturesFolder(scanDir, folder));
  const journal = journalPath(scanDir, folder);
  const known = await readJournal(journal, headerOf(options));
  const scanned: ScannedPhoto[] = [];
  progress.step(`preparing ${folder}`, photos.length);
  for await (const { path, before, opened } of openAhead(options, folder, photos, known)) {
    const entry = before ?? (await scanPhoto(options, folder, path, await opened));
    if (before === null) await writing(journal, () => appendFile(journal, `${JSON.stringify(entry)}\n`));
    scanned.push(entry);
    progress.advance(scanned.length);
  }
  return scanned;
}

function headerOf({ kind, sizePx, faceMarginRatio, faceWidthMinPx }: Framing): string {
  return JSON.stringify({ formatVersion: 1, kind, sizePx, faceMarginRatio, faceWidthMinPx });
}

/** Entries by path; a journal with another header begins anew, a line that a kill cut short is dropped. */
async function readJournal(path: string, header: string): Promise<Map<string, ScannedPhoto>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [first, ...lines] = whole.split("\n");
  if (first !== header) {
    await writing(path, () => writeFile(path, `${header}\n`));
    return new Map();
  }
  if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
  const entries = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as ScannedPhoto);
  return new Map(entries.map((entry) => [entry.path, entry]));
}

interface Opened {
  readonly path: string;
  readonly before: ScannedPhoto | null;
  /** Settled with an error for a photo that cannot be read; null where it need not be. */
  readonly opened: Promise<Photo | FacelatchError> | null;
}

async function* openAhead(
  options: ScanOptions,
  folder: ClassFolder,
  photos: readonly string[],
  known: ReadonlyMap<string, ScannedPhoto>,
): AsyncGenerator<Opened & { readonly opened: Promise<Photo | FacelatchError> | null }> {
  const queue: Promise<Opened>[] = [];
  const open = async (photo: string): Promise<Opened> => {
    const path = `${folder}/${photo}`;
    const before = known.get(path) ?? null;
    if (before !== null && (await isStillGood(options, folder, before))) return { path, before, opened: null };
    const opened = openPhoto(join(options.dataDir, path)).catch((error: unknown) => {
      if (error instanceof FacelatchError) return error;
      throw error;
    });
    // Whoever awaits it sees the error; until then it is nobody's.
    opened.catch(() => {});
    return { path, before: null, opened };
  };
  for (const photo of photos) {
    queue.push(open(photo));
    if (queue.length > readAheadPhotos) yield await queue.shift()!;
  }
  for (const opened of queue) yield await opened;
}

/** Whether photo and squares are as the journal says. */
async function isStillGood(options: ScanOptions, folder: ClassFolder, entry: ScannedPhoto): Promise<boolean> {
  const photo = await statOrNull(join(options.dataDir, entry.path));
  if (photo === null || photo.size !== entry.bytes || photo.mtimeMs !== entry.modifiedMs) return false;
  for (const { name, bytes } of entry.pictures) {
    const picture = await statOrNull(join(picturesFolder(options.scanDir, folder), name));
    if (picture === null || picture.size !== bytes) return false;
  }
  return true;
}

async function statOrNull(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EACCES" || error.code === "ENOTDIR") return null;
    throw error;
  });
}

async function scanPhoto(
  options: ScanOptions,
  folder: ClassFolder,
  path: string,
  opened: Photo | FacelatchError | null,
): Promise<ScannedPhoto> {
  if (opened === null) throw new Error(`${path} was not opened`);
  const file = await statOrNull(join(options.dataDir, path));
  const stamp = { path, bytes: file?.size ?? 0, modifiedMs: file?.mtimeMs ?? 0 };
  if (opened instanceof FacelatchError) {
    const skip = { kind: "unreadable", reason: opened.message } as const;
    return { ...stamp, sha256: null, takenAtMs: null, camera: null, pictures: [], skip };
  }
  const { image, sha256, capture } = opened;
  const known = { ...stamp, sha256, takenAtMs: capture?.takenAtMs ?? null, camera: capture?.camera ?? null };
  const found = framePhoto(options, folder, path, image);
  if (!Array.isArray(found)) return { ...known, pictures: [], skip: found };
  const pictures: ScannedPicture[] = [];
  for (const [index, region] of found.entries()) {
    const square = resampleToRgb(image, region, options.sizePx, options.sizePx);
    const name = `${pictureStem(path)}${index === 0 ? "" : `__face${index + 1}`}.jpg`;
    const jpeg = await encodeJpeg(square);
    const target = join(picturesFolder(options.scanDir, folder), name);
    await writing(target, () => writeFile(target, jpeg));
    pictures.push({ name, bytes: jpeg.byteLength, hash: hashToText(perceptualHash(square)) });
  }
  return { ...known, pictures, skip: null };
}

const stemLengthMax = 160;

/** A name for the squares of a photo: readable, never that of another photo, never too long for a file system. */
function pictureStem(path: string): string {
  // The extension stays: a.jpg and a.png are two photos.
  const below = path.slice(path.indexOf("/") + 1);
  const flat = below.replaceAll("/", "__");
  if (!below.includes("__") && flat.length <= stemLengthMax) return flat;
  return `${flat.slice(-stemLengthMax)}~${createHash("sha256").update(path).digest("hex").slice(0, 12)}`;
}

/** Forgets everything about a class that is not finished. */
export async function dropScan(scanDir: string, folder: ClassFolder): Promise<void> {
  await rm(journalPath(scanDir, folder), { force: true });
  await rm(picturesFolder(scanDir, folder), { recursive: true, force: true });
}
