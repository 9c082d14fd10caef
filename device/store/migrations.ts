// The versions of the store's tables, and the step from each version to the next.
import type Database from "better-sqlite3";
import { FacelatchError } from "../errors/errors.ts";

/** Marks a database file as this program's: "FLCH" in ASCII. */
export const applicationId = 0x464c4348;

/**
 * Whom an event is about, in SQL: 'owner' for an opening by the owner's face, else the id of a person that its data
 * holds, or null. The index below is of exactly this text, so it is never edited either.
 */
export const eventPersonSql = `CASE
     WHEN NOT json_valid(data) THEN NULL
     WHEN type = 'unlock.granted' AND json_extract(data, '$.by') IS NULL THEN 'owner'
     ELSE json_extract(data, '$.personId')
   END`;

/**
 * Step n leads from version n to version n + 1; the version is the file's `user_version`.
 * A step that was released is never edited: a change of the tables is a new step at the end.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     boot_id TEXT NOT NULL,
     at TEXT NOT NULL,
     monotonic_ms REAL NOT NULL,
     type TEXT NOT NULL,
     reason TEXT,
     message TEXT NOT NULL,
     data TEXT NOT NULL CHECK (json_valid(data))
   ) STRICT;
   CREATE INDEX events_by_type ON events (type);
   CREATE INDEX events_by_at ON events (at);
   CREATE TABLE logs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     at TEXT NOT NULL,
     level INTEGER NOT NULL,
     source TEXT NOT NULL,
     text TEXT NOT NULL
   ) STRICT;
   CREATE INDEX logs_by_level ON logs (level);
   CREATE INDEX logs_by_at ON logs (at);`,
  // Events of before stay outside the chain, which begins behind the newest of them.
  `ALTER TABLE events ADD COLUMN hash BLOB;
   CREATE TABLE event_chain (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     base_seq INTEGER NOT NULL,
     base_hash BLOB NOT NULL,
     head_seq INTEGER NOT NULL,
     head_hash BLOB NOT NULL
   ) STRICT;
   INSERT INTO event_chain
     SELECT 1, newest, zeroblob(32), newest, zeroblob(32)
     FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS newest);`,
  // Of the few events that are about somebody, with what else a query may ask of them. It adds nothing to a row, so that
  // the chain stays what it was.
  `CREATE INDEX events_by_person ON events (${eventPersonSql}, seq, type, at) WHERE ${eventPersonSql} IS NOT NULL;`,
];

function refused(db: Database.Database, expected: string, found: string, next: string): FacelatchError {
  return new FacelatchError("STORE_UNAVAILABLE", { expected, found: `${found} in ${db.name}`, next });
}

function versionOf(db: Database.Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}

/**
 * Refuses, before anything is written, a file that a newer program wrote or that another program owns.
 *
 * @throws FacelatchError STORE_UNAVAILABLE
 */
export function assertOwnVersion(db: Database.Database, steps: readonly string[] = migrations): void {
  const tables = Number(db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get());
  if (tables > 0 && Number(db.pragma("application_id", { simple: true })) !== applicationId) {
    throw refused(db, "an event store", "another program's database", "Point the store to a file of its own.");
  }
  const version = versionOf(db);
  if (version <= steps.length) return;
  throw refused(
    db,
    `an event store of version ${steps.length} or older`,
    `version ${version}`,
    "Update Facelatch on this device, or move the file away.",
  );
}

/** Brings a database to the newest version, all steps in one transaction: they all hold, or none does. */
export function migrate(db: Database.Database, steps: readonly string[] = migrations): void {
  if (versionOf(db) === steps.length) return;
  db.transaction(() => {
    for (const step of steps.slice(versionOf(db))) db.exec(step);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${steps.length}`);
  }).immediate();
}
