// One process at a time changes what a board runs: a file lock, which the kernel lifts when its holder ends, however it ends.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { FacelatchError } from "../errors/errors.ts";
import { realFiles } from "./slot-files.ts";

const waitMaxMs = 30_000;
const pollMs = 20;

/** Runs `change` while nobody else changes anything. Throws UPDATE_BUSY when others take longer than 30 s. */
export type CommitLock = <T>(change: () => Promise<T>) => Promise<T>;

/** The lock of one state folder: SQLite's exclusive lock on an empty database, in which nothing is ever written. */
export function commitLock(stateDir: string): CommitLock {
  const path = join(stateDir, "updates", "lock.sqlite");
  return async (change) => {
    await realFiles.makeFolder(join(stateDir, "updates"));
    await realFiles.giveToOwnerOf(stateDir, join(stateDir, "updates"));
    const database = new Database(path, { timeout: 0 });
    try {
      await realFiles.giveToOwnerOf(stateDir, path);
      await acquire(database);
      return await change();
    } finally {
      // Closing ends the transaction, and with it the lock.
      database.close();
    }
  };
}

async function acquire(database: Database.Database): Promise<void> {
  const untilMs = performance.now() + waitMaxMs;
  for (;;) {
    try {
      database.exec("BEGIN EXCLUSIVE");
      return;
    } catch (cause) {
      if ((cause as { code?: string }).code !== "SQLITE_BUSY") throw cause;
      if (performance.now() > untilMs) throw busy(cause);
    }
    await delay(pollMs);
  }
}

function busy(cause: unknown): FacelatchError {
  return new FacelatchError("UPDATE_BUSY", {
    expected: "no other update within half a minute",
    found: "one that is being put in place",
    next: "Try again when it is done.",
    cause,
  });
}
