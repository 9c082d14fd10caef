// Opens an installed bundle: every file is read once and its checksum compared before anything parses it.
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { bundleLimits, type Manifest, manifestFileName, parseManifest, signatureFileName } from "../bundle/manifest.ts";
import { type ErrorCode, FacelatchError, messageOf } from "../errors/errors.ts";
import { realFiles, type SlotFiles } from "./slot-files.ts";

export interface OpenedBundle {
  readonly manifest: Manifest;
  /** The files that the manifest lists, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** SHA-256 of the manifest's bytes: the bundle's identity. */
  readonly sha256: string;
}

/**
 * Reads and verifies the bundle in `place`, all of it from one: a link such as `current` may be switched meanwhile.
 *
 * @throws FacelatchError BUNDLE_MISSING, BUNDLE_MANIFEST_INVALID, BUNDLE_FORMAT_UNSUPPORTED, BUNDLE_FILE_MISSING,
 *   BUNDLE_FILE_UNEXPECTED, BUNDLE_TOO_LARGE or BUNDLE_CHECKSUM_MISMATCH: the name of the check that failed
 */
export async function openBundle(place: string, disk: SlotFiles = realFiles): Promise<OpenedBundle> {
  const target = await disk.readLink(place);
  const folder = target === null ? place : resolve(dirname(place), target);
  const { manifest, sha256 } = await readManifest(folder, disk);
  const listed = new Set([manifestFileName, signatureFileName, ...manifest.files.map((file) => file.name)]);
  const unexpected = (await disk.list(folder)).find((name) => !listed.has(name));
  if (unexpected !== undefined) {
    throw refusal("BUNDLE_FILE_UNEXPECTED", "only the files of the manifest", `"${unexpected}"`);
  }
  const files = new Map<string, Uint8Array>();
  for (const { name, bytes, sha256: expected } of manifest.files) {
    const content = await readLimited(disk, join(folder, name), bundleLimits.fileBytesMax, "BUNDLE_FILE_MISSING");
    verifyFile(name, content, bytes, expected);
    files.set(name, content);
  }
  return { manifest, files, sha256 };
}

/** The manifest of an installed bundle by itself, and its digest. Throws as `openBundle` does of a manifest. */
export async function readManifest(
  folder: string,
  disk: SlotFiles = realFiles,
): Promise<Pick<OpenedBundle, "manifest" | "sha256">> {
  const bytes = await readLimited(
    disk,
    join(folder, manifestFileName),
    bundleLimits.manifestBytesMax,
    "BUNDLE_MISSING",
  );
  return { manifest: parseManifest(bytes), sha256: digestOf(bytes) };
}

/** Throws BUNDLE_CHECKSUM_MISMATCH unless `content` is what the manifest says of it. */
export function verifyFile(name: string, content: Uint8Array, bytes: number, sha256: string): void {
  const found = content.byteLength === bytes ? digestOf(content) : `${content.byteLength} bytes`;
  if (found === sha256) return;
  throw refusal("BUNDLE_CHECKSUM_MISMATCH", `"${name}" of ${bytes} bytes with SHA-256 ${sha256}`, found);
}

/** SHA-256 in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function refusal(code: ErrorCode, expected: string, found: string, cause?: unknown): FacelatchError {
  const next =
    code === "BUNDLE_MISSING" ? "Flash one: `facelatch flash --help` tells how." : "Install the bundle again.";
  return new FacelatchError(code, { expected, found, next, cause });
}

async function readLimited(disk: SlotFiles, path: string, bytesMax: number, missing: ErrorCode): Promise<Uint8Array> {
  let content: Uint8Array | null;
  try {
    content = await disk.read(path, bytesMax);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw refusal("BUNDLE_TOO_LARGE", `a file of at most ${bytesMax} bytes`, cause.message);
    throw refusal(missing, `the file ${path}`, messageOf(cause), cause);
  }
  if (content === null) throw refusal(missing, `the file ${path}`, "none");
  return content;
}
