// Sealed files of one kind in a folder, each named by its id, which is part of its seal.
import { renameSync, rmSync, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesOf, namesIn, syncFolder, temporaryPath, writeTemporary } from "./durable-files.ts";
import { type Identity, seal, unseal } from "./sealed.ts";

export interface SealedKind extends Pick<Identity, "realm" | "kind"> {
  /** With its dot. */
  readonly extension: string;
}

function pathOf({ extension }: SealedKind, folder: string, id: string): string {
  return join(folder, `${id}${extension}`);
}

/** The ids that have a file. */
export function idsIn({ extension }: SealedKind, folder: string): string[] {
  return namesIn(folder).flatMap((name) => (name.endsWith(extension) ? [name.slice(0, -extension.length)] : []));
}

/** The bytes of a file. */
export function sealFile({ realm, kind }: SealedKind, key: Uint8Array, id: string, contents: Uint8Array): Buffer {
  return seal(key, { realm, kind, id }, contents);
}

/** Stores a sealed file, on disk before it returns. */
export function writeSealed(of: SealedKind, folder: string, id: string, box: Uint8Array): void {
  const temporary = writeTemporary(folder, box);
  try {
    renameSync(temporary, pathOf(of, folder, id));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/**
 * Stores a sealed file without holding up whoever asks, and without waiting for the disk: one that a power cut tears does
 * not open.
 */
export async function writeSealedLater(of: SealedKind, folder: string, id: string, box: Uint8Array): Promise<void> {
  const temporary = temporaryPath(folder);
  try {
    await writeFile(temporary, box, { mode: 0o600, flag: "wx" });
    await rename(temporary, pathOf(of, folder, id));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes a file without waiting for the disk: a power cut may bring it back. */
export function dropSealed(of: SealedKind, folder: string, id: string): void {
  rmSync(pathOf(of, folder, id), { force: true });
}

/** Removes files for good. */
export function removeSealed(of: SealedKind, folder: string, ids: readonly string[]): void {
  for (const id of ids) dropSealed(of, folder, id);
  if (ids.length > 0) syncFolder(folder);
}

/** How long a file is, and when it was written, by the wall clock; null where there is none. */
export function sealedFileOf(
  of: SealedKind,
  folder: string,
  id: string,
): { readonly bytes: number; readonly writtenAtMs: number } | null {
  const stats = statSync(pathOf(of, folder, id), { throwIfNoEntry: false });
  // A folder of that name is nobody's box, and could not be removed as one.
  return stats?.isFile() === true ? { bytes: stats.size, writtenAtMs: stats.mtimeMs } : null;
}

/** What a file holds; null where it is missing or was altered. */
export function readSealed(of: SealedKind, folder: string, key: Uint8Array, id: string): Buffer | null {
  const box = bytesOf(pathOf(of, folder, id));
  return box === null ? null : unseal(key, { realm: of.realm, kind: of.kind, id }, box);
}
