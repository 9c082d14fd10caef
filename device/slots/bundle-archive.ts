// A bundle as one file: an uncompressed tar of plain files in one flat folder, manifest first, then its signature.
import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Extract, extract, type Pack, pack } from "tar-stream";
import { bundleLimits, manifestFileName, signatureFileName } from "../bundle/manifest.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";

const archiveBytesMax = 512 * 1024 * 1024;
const plainName = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** The manifest and its signature, beside the files that the manifest lists. */
const entriesMax = bundleLimits.filesMax + 2;

function invalidArchive(found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("BUNDLE_ARCHIVE_INVALID", {
    expected: "a tar of plain files in one flat folder, each name once",
    found,
    next: "Make the bundle again with `facelatch bundle`.",
    cause,
  });
}

/**
 * Packs files into an archive; the same files give the same bytes.
 *
 * @param files by name; the manifest is packed first, then its signature, the others by name
 */
export async function packArchive(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const archive = pack();
  const chunks: Buffer[] = [];
  const done = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  for (const name of [...files.keys()].sort((a, b) => (isBefore(a, b) ? -1 : 1)))
    addEntry(archive, name, files.get(name)!);
  archive.finalize();
  await done;
  return Buffer.concat(chunks);
}

function addEntry(archive: Pack, name: string, content: Uint8Array): void {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  archive.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, bytes);
}

function isBefore(a: string, b: string): boolean {
  const rank = (name: string) => (name === manifestFileName ? 0 : name === signatureFileName ? 1 : 2);
  return rank(a) === rank(b) ? a < b : rank(a) < rank(b);
}

/**
 * Reads an archive from its beginning and hands over each file, one at a time and whole; nothing is parsed. An archive
 * counts only as the very bytes that packing its files gives, so that nothing hides in headers, padding, or behind its
 * end; what differs there is found at the end, when all files were handed over.
 *
 * @param onFile may throw, which ends the reading
 * @throws FacelatchError INPUT_MISSING, BUNDLE_ARCHIVE_INVALID (links, folders, paths, doubled names, no tar),
 *   BUNDLE_TOO_LARGE, and what `onFile` throws
 */
export async function readArchive(
  archivePath: string,
  onFile: (name: string, content: Uint8Array) => Promise<void> | void,
): Promise<void> {
  await access(archivePath, constants.R_OK).catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `a bundle that can be read at ${archivePath}`,
      found: messageOf(cause),
      next: "Make one: `facelatch bundle make --run RUN --out FILE`.",
      cause,
    });
  });
  const extractor = extract();
  const read = createHash("sha256");
  const feeding = pipeline(createReadStream(archivePath, { end: archiveBytesMax }), hashing(read), extractor);
  // The entries end with the same error, which is where it is told.
  feeding.catch(() => {});
  const again = pack();
  const packed = createHash("sha256");
  again.on("data", (chunk) => void packed.update(chunk as Buffer));
  let thrownByCaller = false;
  try {
    await readEntries(extractor, async (name, content) => {
      addEntry(again, name, content);
      thrownByCaller = true;
      await onFile(name, content);
      thrownByCaller = false;
    });
    await feeding;
  } catch (cause) {
    throw thrownByCaller || cause instanceof FacelatchError ? cause : invalidArchive(messageOf(cause), cause);
  }
  const ended = new Promise<void>((resolve) => again.once("end", () => resolve()));
  again.finalize();
  await ended;
  if (packed.digest("hex") !== read.digest("hex")) throw invalidArchive("bytes that packing these files does not give");
}

function hashing(hash: Hash) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

/** Unpacks an archive into an empty folder. Throws as `readArchive` does; part of the files may then be there. */
export async function unpackArchive(archivePath: string, folder: string): Promise<void> {
  await readArchive(archivePath, (name, content) => writeFile(join(folder, name), content, { flag: "wx" }));
}

async function readEntries(
  entries: Extract,
  onFile: (name: string, content: Uint8Array) => Promise<void>,
): Promise<void> {
  const seen = new Set<string>();
  let last: string | null = null;
  let totalBytes = 0;
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    const problem = entryProblem(type, name, seen);
    if (problem !== null) throw invalidArchive(problem);
    // The parser lets a header without a readable size through, and would wait for its content for ever.
    if (!Number.isSafeInteger(size)) throw invalidArchive(`"${name}" of unknown size`);
    totalBytes += size;
    if (size > bytesMaxOf(name) || totalBytes > archiveBytesMax) throw tooLarge(name);
    if (last === null && name !== manifestFileName) throw invalidArchive(`no ${manifestFileName} at its beginning`);
    if (last !== null && !isBefore(last, name)) throw invalidArchive(`"${name}" after "${last}"`);
    seen.add(name);
    last = name;
    // Read to its end before it is handed over: an entry of an archive that broke off may never end otherwise.
    await onFile(name, await readEntry(entry));
  }
  if (last === null) throw invalidArchive(`no ${manifestFileName}`);
}

/** A manifest is read into memory before anybody vouches for it. */
function bytesMaxOf(name: string): number {
  return name === manifestFileName || name === signatureFileName
    ? bundleLimits.manifestBytesMax
    : bundleLimits.fileBytesMax;
}

async function readEntry(entry: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function entryProblem(type: string | null | undefined, name: string, seen: ReadonlySet<string>): string | null {
  if (type !== "file") return `"${name}", which is a ${type ?? "thing without a type"}`;
  if (!plainName.test(name)) return `the name ${JSON.stringify(name.slice(0, 80))}`;
  if (seen.has(name)) return `"${name}" twice`;
  return seen.size >= entriesMax ? `more than ${entriesMax} files` : null;
}

function tooLarge(name: string): FacelatchError {
  return new FacelatchError("BUNDLE_TOO_LARGE", {
    expected: `files of at most ${bundleLimits.fileBytesMax} bytes, ${archiveBytesMax} together`,
    found: `more, at "${name}"`,
    next: "Make the bundle again with `facelatch bundle`.",
  });
}
