// The slow half of preparing a class: every photo is scanned, and a journal keeps what is done, so that a scan that was
// killed goes on where it stopped.
import { appendFile, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../../device/terminal/progress.ts";
import { makeFolder, writing } from "../write-file.ts";
import type { ClassFolder } from "./classes.ts";
import type { Framing } from "./frame-photo.ts";
import { picturesFolder, type ScanFolders, type ScannedPhoto, statOrNull } from "./scan-photo.ts";
import type { Scanner } from "./scanner.ts";

export interface ScanOptions extends ScanFolders {
  readonly framing: Framing;
  readonly scanner: Scanner;
  readonly progress: Progress;
}

function journalPath(scanDir: string, folder: ClassFolder): string {
  return join(scanDir, `${folder}.jsonl`);
}

/**
 * Scans the photos of a class; what an earlier scan with the same framing left is used, where the photo is unchanged.
 *
 * @param photos relative to the class's folder, with `/`
 * @throws FacelatchError what the scanner throws
 */
export async function scanClass(
  options: ScanOptions,
  folder: ClassFolder,
  photos: readonly string[],
): Promise<ScannedPhoto[]> {
  const { scanDir, scanner, progress } = options;
  await makeFolder(picturesFolder(scanDir, folder));
  const journal = journalPath(scanDir, folder);
  const known = await readJournal(journal, headerOf(options.framing));
  const scanned = new Map<string, ScannedPhoto>();
  const paths = photos.map((photo) => `${folder}/${photo}`);
  for (const path of paths) {
    const before = known.get(path);
    if (before !== undefined && (await isStillGood(options, folder, before))) scanned.set(path, before);
  }
  progress.step(`preparing ${folder}`, photos.length);
  const missing = paths.filter((path) => !scanned.has(path));
  await scanner.scan(folder, missing, async (photo) => {
    await writing(journal, () => appendFile(journal, `${JSON.stringify(photo)}\n`));
    scanned.set(photo.path, photo);
    progress.advance(scanned.size);
  });
  return paths.map((path) => scanned.get(path)!);
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

/** Whether photo and squares are as the journal says. */
async function isStillGood(
  { dataDir, scanDir }: ScanFolders,
  folder: ClassFolder,
  entry: ScannedPhoto,
): Promise<boolean> {
  const photo = await statOrNull(join(dataDir, entry.path));
  if (photo === null || photo.size !== entry.bytes || photo.mtimeMs !== entry.modifiedMs) return false;
  for (const { name, bytes } of entry.pictures) {
    const picture = await statOrNull(join(picturesFolder(scanDir, folder), name));
    if (picture === null || picture.size !== bytes) return false;
  }
  return true;
}

/** Forgets everything about a class that is not finished. */
export async function dropScan(scanDir: string, folder: ClassFolder): Promise<void> {
  await rm(journalPath(scanDir, folder), { force: true });
  await rm(picturesFolder(scanDir, folder), { recursive: true, force: true });
}
