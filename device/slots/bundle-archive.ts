// A bundle as one file: an uncompressed tar of plain files in one flat folder, manifest first.
import { constants, createReadStream } from "node:fs";
import { access, open } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Extract, extract, pack } from "tar-stream";
import { bundleLimits, manifestFileName } from "../bundle/manifest.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";

const archiveBytesMax = 512 * 1024 * 1024;
const plainName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

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
 * @param files by name; the manifest is packed first, the others by name
 */
export async function packArchive(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const archive = pack();
  const chunks: Buffer[] = [];
  const done = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  const names = [...files.keys()].sort((a, b) =>
    a === manifestFileName ? -1 : b === manifestFileName ? 1 : a < b ? -1 : 1,
  );
  for (const name of names) {
    archive.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(files.get(name)!));
  }
  archive.finalize();
  await done;
  return Buffer.concat(chunks);
}

/**
 * Unpacks an archive into an empty folder, each file synced to disk; nothing is parsed.
 *
 * @throws FacelatchError INPUT_MISSING, BUNDLE_ARCHIVE_INVALID (links, folders, paths, doubled names, no tar),
 *   BUNDLE_TOO_LARGE
 */
export async function unpackArchive(archivePath: string, folder: string): Promise<void> {
  await access(archivePath, constants.R_OK).catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `a bundle that can be read at ${archivePath}`,
      found: messageOf(cause),
      next: "Make one: `facelatch bundle make --run RUN --out FILE`.",
      cause,
    });
  });
  const extractor = extract();
  const feeding = pipeline(createReadStream(archivePath, { end: archiveBytesMax }), extractor);
  // The entries end with the same error, which is where it is told.
  feeding.catch(() => {});
  try {
    await unpackEntries(extractor, folder);
    await feeding;
  } catch (cause) {
    throw cause instanceof FacelatchError ? cause : invalidArchive(messageOf(cause), cause);
  }
}

async function unpackEntries(entries: Extract, folder: string): Promise<void> {
  const seen = new Set<string>();
  let totalBytes = 0;
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    const problem = entryProblem(type, name, seen);
    if (problem !== null) throw invalidArchive(problem);
    // The parser lets a header without a readable size through, and would wait for its content for ever.
    if (!Number.isSafeInteger(size)) throw invalidArchive(`"${name}" of unknown size`);
    totalBytes += size;
    if (size > bundleLimits.fileBytesMax || totalBytes > archiveBytesMax) throw tooLarge(name);
    seen.add(name);
    // Read to its end before a file is opened: an entry of an archive that broke off may never end otherwise.
    await writeSynced(join(folder, name), await readEntry(entry));
  }
  if (!seen.has(manifestFileName)) throw invalidArchive(`no ${manifestFileName}`);
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
  return seen.size >= bundleLimits.filesMax ? `more than ${bundleLimits.filesMax} files` : null;
}

function tooLarge(name: string): FacelatchError {
  return new FacelatchError("BUNDLE_TOO_LARGE", {
    expected: `files of at most ${bundleLimits.fileBytesMax} bytes, ${archiveBytesMax} together`,
    found: `more, at "${name}"`,
    next: "Make the bundle again with `facelatch bundle`.",
  });
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, "wx", 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
