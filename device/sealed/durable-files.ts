// Files that are whole or not there, also after a power cut, and what the file system's errors mean to their keeper.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type FacelatchError, messageOf } from "../errors/errors.ts";

const temporaryPrefix = ".new-";

/**
 * Writes bytes to a file of a name of its own and syncs them; the caller renames or links it to where it counts.
 *
 * @returns the file's path; on an error nothing is left
 */
export function writeTemporary(folder: string, bytes: Uint8Array): string {
  const path = temporaryPath(folder);
  const file = openSync(path, "wx", 0o600);
  try {
    try {
      giveToOwnerOf(folder, file);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return path;
}

/** A path that no other writer has, for a file that is not whole yet. */
export function temporaryPath(folder: string): string {
  return join(folder, `${temporaryPrefix}${randomBytes(8).toString("hex")}`);
}

/** Removes what writers that were killed left behind. */
export function removeTemporaries(folder: string): void {
  for (const name of namesIn(folder)) {
    if (name.startsWith(temporaryPrefix)) rmSync(join(folder, name), { force: true });
  }
}

/** A command that root gives must not take the daemon's files away from it. */
function giveToOwnerOf(folder: string, file: number): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  fchownSync(file, uid, gid);
}

/** Makes what was created, renamed or removed in a folder last. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes a private folder, unless there is one, and makes it last. */
export function makeFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(dirname(folder));
}

/** The names in a folder; none where there is no folder. */
export function namesIn(folder: string): string[] {
  return absentAs([], () => readdirSync(folder));
}

/** A file's bytes; null where there is none. */
export function bytesOf(path: string): Buffer | null {
  return absentAs(null, () => readFileSync(path));
}

function absentAs<T>(absent: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return absent;
    throw error;
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}

/** The errors of whoever keeps files, by what happened to them. */
export interface FileFaults {
  /** The disk has no space left, and nothing was stored. */
  readonly full: (found: string, cause: unknown) => FacelatchError;
  /** What the files hold is not known. */
  readonly unavailable: (expected: string, found: string, next: string, cause?: unknown) => FacelatchError;
}

/** Performs an operation on files; the system's errors become their keeper's, and defects stay what they are. */
export function onFiles<T>({ full, unavailable }: FileFaults, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "ENOSPC" || error.code === "EDQUOT") throw full(messageOf(error), error);
    const next = "Check the disk, and who owns it.";
    throw unavailable("files that can be read and written", messageOf(error), next, error);
  }
}
