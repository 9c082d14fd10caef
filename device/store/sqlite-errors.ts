// What SQLite's errors mean to the daemon: no space left, or no usable store.
import Database from "better-sqlite3";
import { FacelatchError, messageOf } from "../errors/errors.ts";

/** Whether the database file itself is broken, so that no retry can help. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Database.SqliteError)) return false;
  return error.code === "SQLITE_NOTADB" || error.code.startsWith("SQLITE_CORRUPT");
}

/**
 * The store's error for whatever SQLite or the file system threw; a programmer error is thrown on as it is.
 *
 * @returns a FacelatchError STORE_FULL or STORE_UNAVAILABLE
 */
export function storeError(error: unknown): FacelatchError {
  if (error instanceof FacelatchError) return error;
  const isOperating = error instanceof Database.SqliteError || isSystemError(error);
  if (!isOperating) throw error;
  const code = error.code;
  if (code === "SQLITE_FULL" || code === "ENOSPC") {
    return new FacelatchError("STORE_FULL", {
      expected: "space for the store to write",
      found: `${code} (${messageOf(error)})`,
      next: "Free space on the device's disk, or shorten the store's retention.",
      cause: error,
    });
  }
  return new FacelatchError("STORE_UNAVAILABLE", {
    expected: "a store that can be read and written",
    found: `${code} (${messageOf(error)})`,
    next: "Check the disk, and who may write to the state folder.",
    cause: error,
  });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}
