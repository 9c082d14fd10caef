// Migrations: every older file is brought up with its rows, in one transaction; newer and foreign files are refused.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import { assertOwnVersion, migrate, migrations } from "../../../device/store/migrations.ts";
import { keepStatements } from "../../../device/store/open-database.ts";
import { openSqliteStore } from "../../../device/store/sqlite-store.ts";
import { generous, newEvent } from "./store-contract.ts";

interface Ending {
  after: (end: () => void) => void;
}

function temporaryFile(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-migrations-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "events.db");
}

function open(t: Ending, path: string): Database.Database {
  const db = new Database(path);
  keepStatements(db);
  t.after(() => db.close());
  return db;
}

function versionOf(db: Database.Database): unknown {
  return db.pragma("user_version", { simple: true });
}

const nextStep = "ALTER TABLE events ADD COLUMN door TEXT NOT NULL DEFAULT 'front'";

describe("migrate", () => {
  it("brings a file of each older version to the newest, with its rows", (t) => {
    const steps = [...migrations, nextStep];
    for (let version = 0; version < steps.length; version++) {
      const db = open(t, temporaryFile(t));
      migrate(db, steps.slice(0, version));
      const insert =
        "INSERT INTO events (boot_id, at, monotonic_ms, type, message, data) VALUES ('b', 'a', 1, 't', 'm', '{}')";
      if (version > 0) db.exec(insert);
      migrate(db, steps);
      assert.equal(versionOf(db), steps.length);
      assert.equal(db.prepare("SELECT count(*) FROM events WHERE door = 'front'").pluck().get(), version > 0 ? 1 : 0);
    }
  });

  it("finds the events of a person in a file of before, and leaves its chain as it was", (t) => {
    const path = temporaryFile(t);
    const options = { path, bootId: "b", retention: generous, wallClock: () => new Date() };
    const before = openSqliteStore(options);
    before.append(newEvent({ type: "unlock.granted", reason: null, data: { ownerScore: 0.9 } }));
    before.append(newEvent({ type: "people.erased", data: { personId: "0123456789ab", by: "Anna" } }));
    const { headHash } = before.status();
    before.close();
    const db = open(t, path);
    db.exec("DROP INDEX events_by_person; PRAGMA user_version = 2");
    const after = openSqliteStore(options);
    t.after(() => after.close());
    assert.equal(versionOf(db), migrations.length);
    assert.equal(after.status().headHash, headHash);
    const seqs = (person: string) => after.events({ people: [person], limit: 9 }).map(({ seq }) => seq);
    assert.deepEqual([seqs("owner"), seqs("0123456789ab"), seqs("")], [[1], [2], []]);
  });

  it("leaves a file of the newest version as it is", (t) => {
    const path = temporaryFile(t);
    const db = open(t, path);
    migrate(db);
    const before = readFileSync(path);
    migrate(db);
    assert.deepEqual(readFileSync(path), before);
  });

  it("takes nothing from steps of which one fails", (t) => {
    const db = open(t, temporaryFile(t));
    migrate(db);
    assert.throws(() => migrate(db, [...migrations, nextStep, "CREATE TABLE broken ("]), { name: "SqliteError" });
    assert.equal(versionOf(db), migrations.length);
    assert.throws(() => db.prepare("SELECT door FROM events"), /no such column/);
  });
});

describe("a file of another kind", () => {
  it("that a newer program wrote is refused and left untouched", (t) => {
    const path = temporaryFile(t);
    const db = new Database(path);
    keepStatements(db);
    migrate(db, [...migrations, nextStep]);
    db.close();
    const before = readFileSync(path);
    const options = { path, bootId: "b", retention: generous, wallClock: () => new Date() };
    assert.throws(() => openSqliteStore(options), {
      code: "STORE_UNAVAILABLE",
      message: /version 3.*Update Facelatch/,
    });
    assert.deepEqual(readFileSync(path), before);
  });

  it("that another program owns is refused and left untouched", (t) => {
    const path = temporaryFile(t);
    const db = new Database(path);
    keepStatements(db);
    db.exec("CREATE TABLE bookmarks (url TEXT)");
    db.close();
    const before = readFileSync(path);
    const options = { path, bootId: "b", retention: generous, wallClock: () => new Date() };
    assert.throws(() => openSqliteStore(options), { code: "STORE_UNAVAILABLE", message: /another program/ });
    assert.deepEqual(readFileSync(path), before);
  });

  it("is not what a new file or our own file is", (t) => {
    const path = temporaryFile(t);
    const db = open(t, path);
    assertOwnVersion(db);
    const store = openSqliteStore({ path, bootId: "b", retention: generous, wallClock: () => new Date() });
    store.append(newEvent());
    store.close();
    assertOwnVersion(db);
  });
});
