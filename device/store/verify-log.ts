// Whether the record of events is what was written: every row hashed again, from one end of the chain to the other.
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { type ChainEnds, ChainTable, type EventRow, linkHash } from "./event-chain.ts";
import { assertOwnVersion, migrations } from "./migrations.ts";
import { keepStatements } from "./open-database.ts";
import { isDamage, storeError } from "./sqlite-errors.ts";
import { storeFileName } from "./store.ts";

/** What somebody noted earlier, from `store.lastSeq` and `store.headHash` of `/v1/status`. */
export interface NotedHead {
  readonly seq: number;
  /** Hexadecimal. */
  readonly hash: string;
}

export interface LogVerdict {
  readonly ok: boolean;
  /** How many events of the chain were found sound before the first fault. */
  readonly events: number;
  /** The seq at which the chain breaks; null where it holds, or where the fault is not in an event. */
  readonly firstBadSeq: number | null;
  /** What is wrong, for people; null where nothing is. */
  readonly fault: string | null;
  /** Events of versions without a chain, for which nothing can be said. */
  readonly unchained: number;
  /** The newest event and its hash; null where the database cannot be read. */
  readonly head: NotedHead | null;
}

/**
 * Reads the store of a state folder, which a daemon may be writing meanwhile.
 *
 * @param noted heads that must be part of the chain; those before its first event cannot be judged and are refused
 * @throws FacelatchError INPUT_MISSING without a store, INPUT_INVALID for a head that retention has passed,
 * STORE_UNAVAILABLE
 */
export function verifyLog(stateDir: string, noted: readonly NotedHead[] = []): LogVerdict {
  const path = join(stateDir, storeFileName);
  if (!existsSync(path)) {
    const next = "Name the daemon's state directory with --state.";
    throw new FacelatchError("INPUT_MISSING", { expected: `a store of events at ${path}`, found: "nothing", next });
  }
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    keepStatements(db);
    assertOwnVersion(db);
    if (Number(db.pragma("user_version", { simple: true })) < migrations.length) {
      throw new FacelatchError("STORE_UNAVAILABLE", {
        expected: "a store with a chain of events",
        found: "one of an older version",
        next: "Start the daemon once: it brings the store up to date.",
      });
    }
    const open = db;
    // One transaction: what a running daemon appends or deletes meanwhile is not half seen.
    return open.transaction(() => verify(open, noted))();
  } catch (error) {
    if (!isDamage(error)) throw storeError(error);
    const fault = `the database file is damaged: ${messageOf(error)}`;
    return { ok: false, events: 0, firstBadSeq: null, fault, unchained: 0, head: null };
  } finally {
    db?.close();
  }
}

function verify(db: Database.Database, noted: readonly NotedHead[]): LogVerdict {
  const damage = String(db.pragma("integrity_check(1)", { simple: true }));
  const ends = new ChainTable(db).ends();
  const passed = noted.find(({ seq }) => seq < ends.base.seq);
  if (passed !== undefined) {
    throw new FacelatchError("INPUT_INVALID", {
      expected: `a head of seq ${ends.base.seq} or later`,
      found: `seq ${passed.seq}, which retention has deleted`,
      next: "Give a newer one.",
    });
  }
  const unchained = Number(
    db.prepare("SELECT count(*) FROM events WHERE seq <= ? AND hash IS NULL").pluck().get(ends.base.seq),
  );
  const head = { seq: ends.head.seq, hash: ends.head.hash.toString("hex") };
  const walked = walk(db, ends, noted);
  const isDamaged = damage !== "ok";
  const fault = walked.fault ?? (isDamaged ? `the database file is damaged: ${damage}` : null);
  return { ok: fault === null, ...walked, fault, unchained, head };
}

type Walked = Pick<LogVerdict, "events" | "firstBadSeq" | "fault">;

function walk(db: Database.Database, { base, head }: ChainEnds, noted: readonly NotedHead[]): Walked {
  const notedHashes = new Map(noted.map(({ seq, hash }) => [seq, hash.toLowerCase()]));
  const rows = db
    .prepare<[number], EventRow>("SELECT * FROM events WHERE seq > ? OR hash IS NOT NULL ORDER BY seq")
    .iterate(base.seq);
  let last = base;
  let events = 0;
  const bad = (seq: number, fault: string): Walked => ({ events, firstBadSeq: seq, fault });
  const disowned = (seq: number, hash: Buffer): boolean =>
    notedHashes.has(seq) && notedHashes.get(seq) !== hash.toString("hex");
  if (disowned(base.seq, base.hash)) return bad(base.seq, `the chain begins at another event ${base.seq} than noted`);
  try {
    for (const row of rows) {
      const due = last.seq + 1;
      if (row.seq < due) return bad(row.seq, `event ${row.seq} stands before the first of the chain`);
      if (row.seq > due) return bad(due, `event ${due} is missing`);
      const hash = linkHash(last.hash, row);
      if (!Buffer.isBuffer(row.hash) || !hash.equals(row.hash))
        return bad(row.seq, `event ${row.seq} is not what was written`);
      if (disowned(row.seq, hash)) return bad(row.seq, `event ${row.seq} is another than the one that was noted`);
      last = { seq: row.seq, hash };
      events++;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    return bad(last.seq + 1, `event ${last.seq + 1} cannot be read: ${messageOf(error)}`);
  }
  if (last.seq < head.seq) return bad(last.seq + 1, `event ${last.seq + 1} is missing`);
  if (last.seq > head.seq || !last.hash.equals(head.hash))
    return bad(last.seq, `event ${last.seq} is not the head that was written`);
  const beyond = noted.find(({ seq }) => seq > last.seq);
  if (beyond !== undefined) return bad(last.seq + 1, `event ${last.seq + 1} is missing, as ${beyond.seq} was noted`);
  return { events, firstBadSeq: null, fault: null };
}

export function describeLogVerdict({ ok, events, fault, unchained, head }: LogVerdict): string {
  const before = unchained === 0 ? "" : ` ${unchained} older events carry no hash.`;
  if (ok) return `${events} events, each as it was written.${before} Head: ${head!.seq}:${head!.hash}`;
  return `The record is not what was written: ${fault}. ${events} events before that are sound.${before}`;
}
