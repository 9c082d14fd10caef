// One photo of a scan: read, its faces found and framed alike, and the squares kept as JPEG files.
import { createHash } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resampleToRgb } from "../../device/bundle/resample.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { writing } from "../write-file.ts";
import type { ClassFolder } from "./classes.ts";
import { type FramingWithDetector, framePhoto, type Skip } from "./frame-photo.ts";
import { hashToText, perceptualHash } from "./perceptual-hash.ts";
import { encodeJpeg, openPhoto, type Photo } from "./photo.ts";

export interface ScanFolders {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  /** Receives the squares and the journals of classes that are not finished. */
  readonly scanDir: string;
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

export function picturesFolder(scanDir: string, folder: ClassFolder): string {
  return join(scanDir, folder);
}

/**
 * Scans a photo; one that is no use says why in `skip`.
 *
 * @param path below the data set's folder, with `/`
 * @throws FacelatchError DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function scanPhoto(
  { dataDir, scanDir }: ScanFolders,
  framing: FramingWithDetector,
  folder: ClassFolder,
  path: string,
): Promise<ScannedPhoto> {
  const opened = await openOrFault(join(dataDir, path));
  const file = await statOrNull(join(dataDir, path));
  const stamp = { path, bytes: file?.size ?? 0, modifiedMs: file?.mtimeMs ?? 0 };
  if (opened instanceof FacelatchError) {
    const skip = { kind: "unreadable", reason: opened.message } as const;
    return { ...stamp, sha256: null, takenAtMs: null, camera: null, pictures: [], skip };
  }
  const { image, sha256, capture } = opened;
  const known = { ...stamp, sha256, takenAtMs: capture?.takenAtMs ?? null, camera: capture?.camera ?? null };
  const found = framePhoto(framing, folder, path, image);
  if (!Array.isArray(found)) return { ...known, pictures: [], skip: found };
  const pictures: ScannedPicture[] = [];
  for (const [index, region] of found.entries()) {
    const square = resampleToRgb(image, region, framing.sizePx, framing.sizePx);
    const name = `${pictureStem(path)}${index === 0 ? "" : `__face${index + 1}`}.jpg`;
    const jpeg = await encodeJpeg(square);
    const target = join(picturesFolder(scanDir, folder), name);
    await writing(target, () => writeFile(target, jpeg));
    pictures.push({ name, bytes: jpeg.byteLength, hash: hashToText(perceptualHash(square)) });
  }
  return { ...known, pictures, skip: null };
}

async function openOrFault(path: string): Promise<Photo | FacelatchError> {
  return openPhoto(path).catch((error: unknown) => {
    if (error instanceof FacelatchError) return error;
    throw error;
  });
}

/** Null for a file that is not there, or may not be looked at. */
export async function statOrNull(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EACCES" || error.code === "ENOTDIR") return null;
    throw error;
  });
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
