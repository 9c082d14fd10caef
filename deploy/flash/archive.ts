// A bundle's file on this machine, checked before it is sent anywhere: its structure, its manifest and its checksums.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BundleFigures, figuresOf } from "../../device/bundle/figures.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { unpackArchive } from "../../device/slots/bundle-archive.ts";
import { openBundle } from "../../device/slots/open-bundle.ts";

export interface Archive {
  readonly path: string;
  readonly bytes: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  /** Of the manifest: the bundle's identity. */
  readonly bundleSha256: string;
  readonly figures: BundleFigures;
}

/** Throws FacelatchError by the name of the check that failed. */
export async function openArchive(path: string): Promise<Archive> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-archive-"));
  try {
    await unpackArchive(path, folder);
    const { manifest, sha256: bundleSha256 } = await openBundle(folder);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    const { size } = await stat(path);
    return { path, bytes: size, sha256: hash.digest("hex"), bundleSha256, figures: figuresOf(manifest) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The one bundle of a folder, for whoever names none. Throws USAGE where there are none or several. */
export async function onlyBundleIn(folder: string): Promise<string> {
  const found = (await readdir(folder)).filter((name) => name.endsWith(".tar"));
  if (found.length === 1) return join(folder, found[0]!);
  throw new FacelatchError("USAGE", {
    expected: "a bundle's file, or one .tar in this folder",
    found: found.length === 0 ? "none" : found.slice(0, 5).join(", "),
    next: "Name the bundle to flash.",
  });
}
