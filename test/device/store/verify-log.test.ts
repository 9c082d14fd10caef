// The chain of events: whatever is done to the record behind the store's back is found, and told by its seq.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import { applicationId, migrations } from "../../../device/store/migrations.ts";
import { keepStatements } from "../../../device/store/open-database.ts";
import { openSqliteStore, type SqliteStore } from "../../../device/store/sqlite-store.ts";
import { storeFileName } from "../../../device/store/store.ts";
import { type LogVerdict, verifyLog } from "../../../device/store/verify-log.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { facelatchProgram, start } from "../../fixtures/facelatch-command.ts";
import { generous, newEvent } from "./store-contract.ts";

interface Ending {
  after: (end: () => void) => void;
}

/** Bits that are flipped in the file, one at a time. */
const flips = Number(process.env["FACELATCH_FLIPS"] ?? 1_500);
const events = 40;

function temporaryFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-chain-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function openIn(folder: string, eventsMax = generous.eventsMax): SqliteStore {
  const retention = { ...generous, eventsMax };
  const path = join(folder, storeFileName);
  return openSqliteStore({ path, bootId: "boot-1", retention, wallClock: () => new Date("2026-11-23T10:00:00Z") });
}

/** A folder with a store of events, closed. */
function recorded(t: Ending): string {
  const folder = temporaryFolder(t);
  const store = openIn(folder);
  for (let n = 1; n <= events; n++) {
    store.append(
      newEvent({
        monotonicMs: n * 1.5,
        reason: n % 3 === 0 ? null : "not_owner",
        message: `Somebody came, Bär \u{1f9d4}, ${n}.`,
        data: { ownerScore: n / 7, frameSeq: n, live: n % 2 === 0 },
      }),
    );
  }
  store.close();
  return folder;
}

/** Changes the database as somebody with the file would. */
function change(folder: string, ...sql: readonly string[]): void {
  const db = new Database(join(folder, storeFileName));
  keepStatements(db);
  for (const statement of sql) db.exec(statement);
  db.close();
}

function outcome({ ok, events: sound, firstBadSeq }: LogVerdict) {
  return { ok, events: sound, firstBadSeq };
}

describe("verify-log", () => {
  it("finds a record as it was written, also after restarts, retention, and while the store is open", (t) => {
    const folder = recorded(t);
    assert.deepEqual(outcome(verifyLog(folder)), { ok: true, events, firstBadSeq: null });
    const store = openIn(folder, 10);
    t.after(() => store.close());
    store.append(newEvent({ message: "half a pair: \ud800", data: { text: "\udc00" } }));
    assert.deepEqual(outcome(verifyLog(folder)), { ok: true, events: events + 1, firstBadSeq: null });
    assert.equal(store.sweep(), events - 9);
    assert.deepEqual(outcome(verifyLog(folder)), { ok: true, events: 10, firstBadSeq: null });
    const { lastSeq, headHash } = store.status();
    const noted = { seq: lastSeq, hash: headHash! };
    store.append(newEvent());
    assert.ok(verifyLog(folder, [noted]).ok);
    assert.deepEqual(verifyLog(folder).head, { seq: events + 2, hash: store.status().headHash });
  });

  it("says nothing of events from before there was a chain, and holds for those since", (t) => {
    const folder = temporaryFolder(t);
    change(
      folder,
      migrations[0]!,
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`,
      ...Array.from(
        { length: 3 },
        () =>
          "INSERT INTO events (boot_id, at, monotonic_ms, type, message, data) VALUES ('b', '2026-11-22T10:00:00.000Z', 1, 'daemon.started', 'm', '{}')",
      ),
    );
    assert.throws(() => verifyLog(folder), { code: "STORE_UNAVAILABLE" });
    const store = openIn(folder, 4);
    assert.equal(store.append(newEvent()).seq, 4);
    assert.equal(verifyLog(folder).unchained, 3);
    store.append(newEvent());
    store.sweep();
    store.close();
    const verdict = verifyLog(folder);
    assert.deepEqual({ ...outcome(verdict), unchained: verdict.unchained }, { ...sound(2), unchained: 2 });
  });

  const sound = (n: number) => ({ ok: true, events: n, firstBadSeq: null });

  it("tells the first event that was edited, removed, moved, put in or cut off", (t) => {
    const whole = recorded(t);
    const swap = "UPDATE events SET seq = -1 WHERE seq = 9; UPDATE events SET seq = 9 WHERE seq = 20;";
    const forged = "boot_id, at, monotonic_ms, type, reason, message, data, hash";
    const cases: readonly (readonly [what: string, sql: string, firstBadSeq: number])[] = [
      ["an edited message", "UPDATE events SET message = 'The owner.' WHERE seq = 17", 17],
      ["an edited type", "UPDATE events SET type = 'unlock.granted' WHERE seq = 1", 1],
      ["an edited time", "UPDATE events SET at = '2026-11-23T10:00:00.001Z' WHERE seq = 40", 40],
      ["another boot", "UPDATE events SET boot_id = 'boot-2' WHERE seq = 3", 3],
      ["a moment moved", "UPDATE events SET monotonic_ms = monotonic_ms + 0.5 WHERE seq = 5", 5],
      ["a reason put in", "UPDATE events SET reason = 'not_owner' WHERE seq = 6", 6],
      ["a reason taken out", "UPDATE events SET reason = NULL WHERE seq = 7", 7],
      ["data spelt otherwise", "UPDATE events SET data = data || ' ' WHERE seq = 8", 8],
      ["a hash taken out", "UPDATE events SET hash = NULL WHERE seq = 11", 11],
      ["the first removed", "DELETE FROM events WHERE seq = 1", 1],
      ["one removed", "DELETE FROM events WHERE seq = 12", 12],
      ["the newest removed", "DELETE FROM events WHERE seq = 40", 40],
      ["all removed", "DELETE FROM events", 1],
      ["two swapped", `${swap} UPDATE events SET seq = 20 WHERE seq = -1`, 9],
      ["one repeated at the end", `INSERT INTO events (${forged}) SELECT ${forged} FROM events WHERE seq = 40`, 41],
      [
        "a removal with the rest moved up",
        "DELETE FROM events WHERE seq = 30; UPDATE events SET seq = seq - 1 WHERE seq > 30",
        30,
      ],
      ["the beginning moved", "UPDATE event_chain SET base_seq = 5", 1],
      ["the beginning forged", "UPDATE event_chain SET base_hash = randomblob(32)", 1],
      ["the head forged", "UPDATE event_chain SET head_hash = randomblob(32)", 40],
      ["the head moved", "UPDATE event_chain SET head_seq = 41", 41],
      ["the head moved back", "UPDATE event_chain SET head_seq = 39", 40],
    ];
    for (const [what, sql, firstBadSeq] of cases) {
      const folder = temporaryFolder(t);
      copyFileSync(join(whole, storeFileName), join(folder, storeFileName));
      change(folder, sql);
      const verdict = verifyLog(folder);
      assert.deepEqual([verdict.ok, verdict.firstBadSeq], [false, firstBadSeq], `${what}: ${verdict.fault}`);
    }
  });

  it("finds a record that was written anew by the head that was noted before", (t) => {
    const folder = recorded(t);
    const noted = verifyLog(folder).head!;
    const other = temporaryFolder(t);
    const store = openIn(other);
    for (let n = 1; n <= events + 5; n++) store.append(newEvent({ monotonicMs: n }));
    store.close();
    assert.ok(verifyLog(other).ok);
    assert.equal(verifyLog(other, [noted]).firstBadSeq, noted.seq);
    assert.equal(verifyLog(folder, [{ seq: events + 1, hash: noted.hash }]).firstBadSeq, events + 1);
    const swept = openIn(folder, 10);
    swept.sweep();
    swept.close();
    assert.throws(() => verifyLog(folder, [{ ...noted, seq: 3 }]), { code: "INPUT_INVALID" });
  });

  it("finds any bit that was flipped in the file, and tells the event where it is one's", (t) => {
    const folder = recorded(t);
    const path = join(folder, storeFileName);
    const before = readFileSync(path);
    const rowsBefore = rowsOf(folder)!;
    const pages = pagesOf(folder);
    const random = seededRandom(20261129);
    const counts = { located: 0, damaged: 0, unused: 0 };
    for (let n = 0; n < flips; n++) {
      const page = pages[random.below(pages.length)]!;
      const at = (page - 1) * 4_096 + random.below(4_096);
      const bit = random.below(8);
      const flipped = Buffer.from(before);
      flipped[at]! ^= 1 << bit;
      writeFileSync(path, flipped);
      const where = `bit ${bit} of byte ${at}`;
      const { ok, firstBadSeq } = verdictOn(folder);
      const rows = rowsOf(folder);
      if (ok) {
        // Space that holds nothing: what the store reads is the same to the bit.
        assert.deepEqual(rows, rowsBefore, where);
        counts.unused++;
      } else if (firstBadSeq === null) {
        counts.damaged++;
      } else {
        const first = rows?.findIndex((row, index) => row !== rowsBefore[index]) ?? -1;
        if (first >= 0) assert.equal(firstBadSeq, first + 1, where);
        counts.located++;
      }
    }
    t.diagnostic(`${flips} bits: ${JSON.stringify(counts)}`);
    assert.ok(counts.located > flips / 4, JSON.stringify(counts));
  });

  it("is a command, which tells a missing store and a head that is none", async (t) => {
    const folder = recorded(t);
    const run = (...args: readonly string[]) =>
      start(process.execPath, [facelatchProgram, "verify-log", ...args]).ended;
    const good = await run("--state", folder, "--json");
    assert.deepEqual([good.exitCode, outcome(good.json() as unknown as LogVerdict)], [0, sound(events)]);
    change(folder, "UPDATE events SET message = 'x' WHERE seq = 2");
    const bad = await run("--state", folder);
    assert.match(bad.stdout, /event 2 is not what was written\. 1 events/);
    assert.equal(bad.exitCode, 0, "it was looked at; what was found is in the answer");
    assert.match((await run("--state", join(folder, "none"))).stderr, /INPUT_MISSING/);
    assert.match((await run("--state", folder, "--head", "5")).stderr, /USAGE/);
  });
});

function verdictOn(folder: string): Pick<LogVerdict, "ok" | "firstBadSeq"> {
  try {
    return verifyLog(folder);
  } catch {
    return { ok: false, firstBadSeq: null };
  }
}

/** The pages of the events and of their chain, without the indexes. */
function pagesOf(folder: string): number[] {
  const db = new Database(join(folder, storeFileName), { readonly: true });
  keepStatements(db);
  const pages = db.prepare("SELECT pageno FROM dbstat WHERE name IN ('events', 'event_chain')").pluck().all();
  db.close();
  return pages as number[];
}

/** All rows as text, in their order; null where they cannot be read. */
function rowsOf(folder: string): string[] | null {
  const db = new Database(join(folder, storeFileName), { readonly: true });
  keepStatements(db);
  try {
    return (db.prepare("SELECT * FROM events ORDER BY seq").all() as object[]).map((row) => JSON.stringify(row));
  } catch {
    return null;
  } finally {
    db.close();
  }
}
