// The chain of events: each row carries a hash over itself and the row before, so that none can be changed, taken out or
// moved without breaking it. Who keeps a head elsewhere also sees a chain that was rewritten from there on.
import { createHash } from "node:crypto";
import type Database from "better-sqlite3";

/** A row of the table of events, as stored. */
export interface EventRow {
  readonly seq: number;
  readonly boot_id: string;
  readonly at: string;
  readonly monotonic_ms: number;
  readonly type: string;
  readonly reason: string | null;
  readonly message: string;
  readonly data: string;
  /** SHA-256, 32 bytes; null in rows of versions that had no chain. */
  readonly hash: Buffer | null;
}

/** Where a chain starts or ends: the hash of the event of this seq. */
export interface ChainLink {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Both ends; `base` is the last event that retention deleted, or one before the first. */
export interface ChainEnds {
  readonly base: ChainLink;
  readonly head: ChainLink;
}

/** The hash of a row behind the one of `previous`. */
export function linkHash(previous: Buffer, row: Omit<EventRow, "hash">): Buffer {
  const fields = [row.seq, row.boot_id, row.at, row.monotonic_ms, row.type, row.reason, row.message, row.data];
  // Texts with their length before them: no two rows, and no two types of a value, give the same.
  const text = fields.map((field) => (typeof field === "string" ? `${Buffer.byteLength(field)}:${field}` : `${field}`));
  return createHash("sha256").update(previous).update(text.join(",")).digest();
}

interface EndsRow {
  readonly base_seq: number;
  readonly base_hash: Buffer;
  readonly head_seq: number;
  readonly head_hash: Buffer;
}

/** The ends as the database has them; each change belongs into the transaction that changes the events. */
export class ChainTable {
  readonly #read: Database.Statement<[], EndsRow>;
  readonly #setHead: Database.Statement<[number, Buffer]>;
  readonly #setBase: Database.Statement<[{ readonly rows: number }]>;

  constructor(db: Database.Database) {
    this.#read = db.prepare("SELECT base_seq, base_hash, head_seq, head_hash FROM event_chain");
    this.#setHead = db.prepare("UPDATE event_chain SET head_seq = ?, head_hash = ?");
    this.#setBase = db.prepare(
      `UPDATE event_chain SET (base_seq, base_hash) =
         (SELECT seq, hash FROM events ORDER BY seq LIMIT 1 OFFSET @rows - 1)
       WHERE (SELECT hash FROM events ORDER BY seq LIMIT 1 OFFSET @rows - 1) IS NOT NULL`,
    );
  }

  ends(): ChainEnds {
    const row = this.#read.get()!;
    return { base: { seq: row.base_seq, hash: row.base_hash }, head: { seq: row.head_seq, hash: row.head_hash } };
  }

  setHead({ seq, hash }: ChainLink): void {
    this.#setHead.run(seq, hash);
  }

  /** The chain begins behind the oldest `rows` events, which are about to be deleted. */
  cutOldest(rows: number): void {
    this.#setBase.run({ rows });
  }
}
