// The SQLite store: its contract, and what only a real file can show.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import { siblingModule } from "../../../device/installation/installation.ts";
import { keepStatements } from "../../../device/store/open-database.ts";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "../../../device/store/sqlite-store.ts";
import { describeStoreContract, generous, newEvent, type StoreConditions } from "./store-contract.ts";

interface Ending {
  after: (end: () => void) => void;
}

function temporaryFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-store-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function optionsOf(path: string, conditions: StoreConditions & { pagesMax?: number } = {}): SqliteStoreOptions {
  return { path, bootId: "boot-1", retention: generous, wallClock: () => new Date(), ...conditions };
}

function openAt(t: Ending, path: string, conditions: StoreConditions & { pagesMax?: number } = {}): SqliteStore {
  const store = openSqliteStore(optionsOf(path, conditions));
  t.after(() => store.close());
  return store;
}

describeStoreContract("the SQLite store", (t, conditions) => {
  const path = join(temporaryFolder(t), "state", "events.db");
  const store = openAt(t, path, conditions);
  const reopen = (): SqliteStore => {
    store.close();
    return openAt(t, path, conditions);
  };
  return { store, reopen };
});

/** Appends until the file's page limit stops it; returns how many events fitted. */
function fill(store: SqliteStore): number {
  const before = store.status().events;
  assert.throws(
    () => {
      for (let i = 0; i < 10_000; i++) store.append(newEvent({ message: "m".repeat(500) }));
    },
    { code: "STORE_FULL", name: "FacelatchError" },
  );
  return store.status().events - before;
}

describe("a full disk", () => {
  it("refuses the event, stores nothing of it, and says so until a write succeeds again", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path, { pagesMax: 24, retention: { ...generous, eventsMax: 10 } });
    let heard = 0;
    store.onEvent(() => heard++);
    const fitted = fill(store);
    assert.ok(fitted > 10);
    assert.equal(heard, fitted);
    assert.equal(store.status().state, "failed");
    assert.equal(store.status().fault?.code, "STORE_FULL");
    assert.equal(store.events({ limit: 1 })[0]!.seq, fitted);
    assert.equal(store.status().events, fitted);
    assert.equal(store.sweep(), fitted - 10);
    const { state, fault } = store.status();
    assert.deepEqual({ state, fault }, { state: "open", fault: null });
    store.append(newEvent());
  });

  it("is not over because a sweep found nothing to delete", (t) => {
    const store = openAt(t, join(temporaryFolder(t), "events.db"), { pagesMax: 24 });
    fill(store);
    assert.equal(store.sweep(), 0);
    assert.equal(store.status().fault?.code, "STORE_FULL");
  });

  it("keeps log lines waiting without a throw, and writes them once there is space", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path, { pagesMax: 24, retention: { ...generous, eventsMax: 1 } });
    fill(store);
    for (let i = 0; i < 20; i++) store.log({ level: "error", source: "test", text: `${i} ${"x".repeat(1_900)}` });
    assert.deepEqual(store.logs({ limit: 1 }), []);
    assert.equal(store.status().fault?.code, "STORE_FULL");
    store.sweep();
    assert.equal(store.logs({ limit: 500 }).length, 20);
    assert.equal(store.status().fault, null);
  });
});

describe("log lines", () => {
  it("reach the disk by themselves after 250 ms, as one batch", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    const reader = new Database(path, { readonly: true });
    keepStatements(reader);
    t.after(() => reader.close());
    const onDisk = (): unknown => reader.prepare("SELECT count(*) FROM logs").pluck().get();
    store.log({ level: "info", source: "test", text: "one" });
    t.mock.timers.tick(200);
    store.log({ level: "info", source: "test", text: "two" });
    assert.equal(onDisk(), 0);
    t.mock.timers.tick(50);
    assert.equal(onDisk(), 2);
  });

  it("are written when the store closes", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    store.log({ level: "info", source: "test", text: "last words" });
    store.close();
    assert.equal(openAt(t, path).logs({ limit: 1 })[0]?.text, "last words");
  });
});

describe("durability", () => {
  it("has the event in the file when append returns, visible to another process's connection", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    store.append(newEvent({ message: "committed" }));
    const reader = new Database(path, { readonly: true });
    keepStatements(reader);
    t.after(() => reader.close());
    assert.equal(reader.prepare("SELECT message FROM events").pluck().get(), "committed");
    assert.equal(reader.pragma("journal_mode", { simple: true }), "wal");
  });

  it("keeps every event that append returned when the process is killed", { timeout: 20_000 }, async (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const child = fork(siblingModule(import.meta.filename, "append-until-killed"), [path]);
    t.after(() => child.kill("SIGKILL"));
    let reportedSeq = 0;
    child.on("message", (seq) => {
      reportedSeq = seq as number;
      if (reportedSeq === 50) child.kill("SIGKILL");
    });
    await once(child, "close");
    assert.ok(reportedSeq >= 50);
    const store = openAt(t, path);
    assert.equal(store.movedAside, null);
    const { lastSeq, events } = store.status();
    assert.ok(lastSeq >= reportedSeq && events === lastSeq, `${reportedSeq} reported, ${lastSeq} stored`);
  });

  it("waits for another writer no longer than its busy timeout, then refuses", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    const other = new Database(path);
    t.after(() => other.close());
    other.exec("BEGIN IMMEDIATE");
    assert.throws(() => store.append(newEvent()), { code: "STORE_UNAVAILABLE" });
    assert.equal(store.status().fault?.code, "STORE_UNAVAILABLE");
    other.exec("ROLLBACK");
    assert.equal(store.append(newEvent()).seq, 1);
    assert.equal(store.status().fault, null);
  });
});

describe("a damaged file", () => {
  it("is kept under another name, and a new store takes its place", (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, "events.db");
    for (const n of [1, 2]) {
      const garbage = Buffer.alloc(20_000, `not a database ${n}`);
      writeFileSync(path, garbage);
      const store = openAt(t, path);
      assert.equal(store.movedAside, `${path}.corrupt-${n}`);
      assert.deepEqual(readFileSync(`${path}.corrupt-${n}`), garbage);
      assert.equal(store.append(newEvent()).seq, 1);
      assert.match(store.logs({ limit: 1 })[0]!.text, /damaged; it is kept as/);
      store.close();
      rmSync(path);
    }
  });

  it("is noticed when only some of its pages are broken", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    for (let i = 0; i < 200; i++) store.append(newEvent({ message: "m".repeat(400) }));
    store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096 * 3, 4_096 * 12);
    writeFileSync(path, bytes);
    const again = openAt(t, path);
    assert.equal(again.movedAside, `${path}.corrupt-1`);
    assert.equal(again.status().events, 0);
  });

  it("is noticed when it was cut short", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    for (let i = 0; i < 200; i++) store.append(newEvent({ message: "m".repeat(400) }));
    store.close();
    truncateSync(path, 4_096 * 5 + 100);
    assert.equal(openAt(t, path).movedAside, `${path}.corrupt-1`);
  });

  it("is kept only nine times: then the disk is broken, and opening fails", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    for (let n = 1; n <= 9; n++) writeFileSync(`${path}.corrupt-${n}`, "");
    writeFileSync(path, "not a database");
    assert.throws(() => openSqliteStore(optionsOf(path)), { code: "STORE_UNAVAILABLE" });
    assert.equal(readFileSync(path, "utf8"), "not a database");
  });

  it("is not what an empty file is", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    writeFileSync(path, "");
    assert.equal(openAt(t, path).movedAside, null);
  });
});

describe("a path that cannot be opened", () => {
  it("is refused with the store's error, and nothing is moved", (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "file"), "");
    assert.throws(() => openSqliteStore(optionsOf(folder)), { code: "STORE_UNAVAILABLE" });
    assert.throws(() => openSqliteStore(optionsOf(join(folder, "file", "events.db"))), { code: "STORE_UNAVAILABLE" });
    assert.deepEqual(readdirSync(folder), ["file"]);
    assert.ok(existsSync(folder));
  });
});

describe("rows that this version does not know", () => {
  it("are left out of reads, and do not hide the others", (t) => {
    const path = join(temporaryFolder(t), "events.db");
    const store = openAt(t, path);
    for (let i = 0; i < 5; i++) store.append(newEvent());
    const other = new Database(path);
    other.exec("UPDATE events SET type = 'door.painted' WHERE seq IN (3, 4)");
    other.close();
    assert.deepEqual(
      store.events({ limit: 2 }).map((event) => event.seq),
      [5, 2],
    );
    store.events({ limit: 2 });
    assert.equal(store.logs({ text: "left out", limit: 9 }).length, 1);
  });
});
