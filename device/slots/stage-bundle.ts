// From an archive to a staged bundle: signature, manifest, compatibility, checksums, in this order, and no file of it is
// written before its own check.
import { join } from "node:path";
import { type Manifest, manifestFileName, parseManifest, signatureFileName } from "../bundle/manifest.ts";
import { FacelatchError } from "../errors/errors.ts";
import { readArchive } from "./bundle-archive.ts";
import { digestOf, verifyFile } from "./open-bundle.ts";
import { type TrustedKeys, unsigned, verifySignature } from "./signature.ts";
import type { SlotFiles } from "./slot-files.ts";

export interface StagedBundle {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest's bytes: the bundle's identity. */
  readonly sha256: string;
  /** The id of the key that vouches for it. */
  readonly keyId: string;
  /** Null where nothing was written. */
  readonly folder: string | null;
}

export interface StageOptions {
  readonly keys: TrustedKeys;
  /** Asked once the signature holds and before anything is written; throws to refuse. */
  readonly admit?: (manifest: Manifest) => Promise<void>;
  /** Where to write the files; undefined only checks them. */
  readonly disk?: { readonly files: SlotFiles; readonly makeFolder: () => Promise<string> };
}

/**
 * Verifies an archive and stages its files, synced. On an error the caller removes what `makeFolder` gave.
 *
 * @throws FacelatchError by the name of the check that failed
 */
export async function stageBundle(archivePath: string, { keys, admit, disk }: StageOptions): Promise<StagedBundle> {
  let manifestBytes: Uint8Array | null = null;
  let head: (Omit<StagedBundle, "folder"> & { readonly missing: Map<string, Manifest["files"][number]> }) | null = null;
  let folder: string | null = null;
  const write = async (name: string, content: Uint8Array): Promise<void> => {
    if (disk === undefined) return;
    folder ??= await disk.makeFolder();
    await disk.files.write(join(folder, name), content);
    await disk.files.syncFile(join(folder, name));
  };
  await readArchive(archivePath, async (name, content) => {
    if (name === manifestFileName) {
      manifestBytes = content;
      return;
    }
    if (head === null) {
      if (manifestBytes === null || name !== signatureFileName) throw unsigned(`no ${signatureFileName} after it`);
      const keyId = verifySignature(manifestBytes, content, keys);
      const manifest = parseManifest(manifestBytes);
      await admit?.(manifest);
      head = {
        manifest,
        keyId,
        sha256: digestOf(manifestBytes),
        missing: new Map(manifest.files.map((f) => [f.name, f])),
      };
      await write(manifestFileName, manifestBytes);
      await write(name, content);
      return;
    }
    const listed = head.missing.get(name);
    if (listed === undefined) throw refused("BUNDLE_FILE_UNEXPECTED", "only the files of the manifest", `"${name}"`);
    verifyFile(name, content, listed.bytes, listed.sha256);
    head.missing.delete(name);
    await write(name, content);
  });
  return finish(head, folder, disk?.files);
}

async function finish(
  head: (Omit<StagedBundle, "folder"> & { readonly missing: ReadonlyMap<string, unknown> }) | null,
  folder: string | null,
  files: SlotFiles | undefined,
): Promise<StagedBundle> {
  if (head === null) throw unsigned("a manifest alone");
  const { missing, ...bundle } = head;
  const [absent] = missing.keys();
  if (absent !== undefined) throw refused("BUNDLE_FILE_MISSING", `the file "${absent}"`, "an archive without it");
  if (folder !== null) await files?.syncFolder(folder);
  return { ...bundle, folder };
}

function refused(
  code: "BUNDLE_FILE_MISSING" | "BUNDLE_FILE_UNEXPECTED",
  expected: string,
  found: string,
): FacelatchError {
  return new FacelatchError(code, { expected, found, next: "Make the bundle again with `facelatch bundle make`." });
}
