// Opens the database file; a damaged one is kept under another name, and a new one takes its place.
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { FacelatchError } from "../errors/errors.ts";
import { assertOwnVersion, migrate } from "./migrations.ts";
import { isDamage, storeError } from "./sqlite-errors.ts";

export interface OpenedDatabase {
  readonly db: Database.Database;
  /** Where the damaged file went; null when the file was sound or new. */
  readonly movedAside: string | null;
}

/** How long another process may hold the file; SQLite blocks the daemon for as long. */
const busyTimeoutMs = 1_000;
const walBytesMax = 8 * 1024 * 1024;
/** More damaged files than this mean a broken disk, and would only fill it. */
const movedAsideMax = 9;

/**
 * Opens or makes the database, checks it and brings it to the newest version.
 *
 * @param pagesMax the most pages the file may have; undefined for SQLite's own limit
 * @throws FacelatchError STORE_UNAVAILABLE or STORE_FULL
 */
export function openDatabase(path: string, pagesMax: number | undefined): OpenedDatabase {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    try {
      return { db: openSound(path, pagesMax), movedAside: null };
    } catch (error) {
      if (!isDamage(error)) throw error;
      const movedAside = moveAside(path);
      return { db: openSound(path, pagesMax), movedAside };
    }
  } catch (error) {
    throw storeError(error);
  }
}

function openSound(path: string, pagesMax: number | undefined): Database.Database {
  const db = new Database(path, { timeout: busyTimeoutMs });
  keepStatements(db);
  try {
    assertOwnVersion(db);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`journal_size_limit = ${walBytesMax}`);
    db.pragma("temp_store = MEMORY");
    db.pragma("trusted_schema = OFF");
    if (pagesMax !== undefined) db.pragma(`max_page_count = ${pagesMax}`);
    const check = String(db.pragma("quick_check(1)", { simple: true }));
    if (check !== "ok") throw new Database.SqliteError(check, "SQLITE_CORRUPT");
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const kept: unknown[] = [];

/**
 * Node 24 aborts when the garbage collector frees one of this package's statements outside of any JavaScript: none is
 * ever freed. A store prepares a few dozen, whatever it stores.
 */
export function keepStatements(db: Database.Database): void {
  kept.push(db);
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => {
    const statement = prepare(sql);
    kept.push(statement);
    return statement;
  }) as typeof db.prepare;
  // The package's own pragma() prepares a statement out of reach.
  db.pragma = (source, options) => {
    const statement = db.prepare(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run();
    return options?.simple === true ? statement.pluck().get() : statement.all();
  };
}

/** Renames the file and its companions; the write-ahead log first, so that the new file never meets an old log. */
function moveAside(path: string): string {
  for (let n = 1; n <= movedAsideMax; n++) {
    const target = `${path}.corrupt-${n}`;
    if (existsSync(target)) continue;
    for (const suffix of ["-wal", "-shm", ""]) {
      if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
    }
    return target;
  }
  throw new FacelatchError("STORE_UNAVAILABLE", {
    expected: "a sound database file",
    found: `a damaged one, beside ${movedAsideMax} that were kept before`,
    next: "Check the disk for errors, and move the files named .corrupt away.",
  });
}
