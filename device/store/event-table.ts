// The events table: rows in, events out.
import assert from "node:assert/strict";
import type Database from "better-sqlite3";
import { Compile } from "typebox/compile";
import { type NewEvent, newEventSchema, type StoredEvent, storedEventSchema } from "../events/events.ts";
import { type ChainLink, ChainTable, type EventRow, linkHash } from "./event-chain.ts";
import { eventPersonSql } from "./migrations.ts";
import { type Clause, QueryCache, storedTime } from "./query-cache.ts";
import type { EventQuery } from "./store.ts";

const newEventValidator = Compile(newEventSchema);
const storedEventValidator = Compile(storedEventSchema);

export class EventTable {
  readonly #insert: Database.Statement<[EventRow]>;
  readonly #chain: ChainTable;
  readonly #append: (row: Omit<EventRow, "seq" | "hash">) => ChainLink;
  readonly #queries: QueryCache<EventRow>;
  #unreadable = 0;

  constructor(db: Database.Database) {
    this.#insert = db.prepare(
      `INSERT INTO events (seq, boot_id, at, monotonic_ms, type, reason, message, data, hash)
       VALUES (@seq, @boot_id, @at, @monotonic_ms, @type, @reason, @message, @data, @hash)`,
    );
    this.#chain = new ChainTable(db);
    this.#append = db.transaction((row) => this.#link(row)).immediate;
    this.#queries = new QueryCache(db, "events");
  }

  /** Rows that reads left out because they match no event of this version. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** The newest event that was ever stored; retention may have deleted it since. */
  get head(): ChainLink {
    return this.#chain.ends().head;
  }

  /** What retention does before it deletes the oldest rows, in its own transaction. */
  readonly cutOldest = (rows: number): void => this.#chain.cutOldest(rows);

  /** Commits one event. An event that breaks its schema is a programmer error. Throws SqliteError. */
  insert(event: NewEvent, bootId: string, at: string): { readonly stored: StoredEvent; readonly head: ChainLink } {
    if (!newEventValidator.Check(event)) {
      const [first] = newEventValidator.Errors(event);
      assert.fail(`an event breaks its schema: ${first?.instancePath || "the whole"} ${first?.message}`);
    }
    const { monotonicMs, type, data } = event;
    const [reason, message] = [event.reason === null ? null : wellFormed(event.reason), wellFormed(event.message)];
    const row = { boot_id: bootId, at, monotonic_ms: monotonicMs, type, reason, message, data: JSON.stringify(data) };
    const head = this.#append(row);
    return { stored: { seq: head.seq, bootId, at, ...event, reason, message }, head };
  }

  #link(row: Omit<EventRow, "seq" | "hash">): ChainLink {
    const { head } = this.#chain.ends();
    const seq = head.seq + 1;
    const link = { seq, hash: linkHash(head.hash, { seq, ...row }) };
    this.#insert.run({ ...row, ...link });
    this.#chain.setHead(link);
    return link;
  }

  /** Throws SqliteError. */
  select(query: EventQuery): StoredEvent[] {
    if (query.people === undefined) return this.#select(query, undefined);
    // One after another, each by the index: an event is about one person at most.
    const events = query.people.flatMap((person) => this.#select(query, person));
    const sign = query.afterSeq === undefined ? -1 : 1;
    return events.sort((a, b) => sign * (a.seq - b.seq)).slice(0, query.limit);
  }

  #select(query: EventQuery, person: string | undefined): StoredEvent[] {
    const clauses: Clause[] = [
      ["seq > ?", query.afterSeq],
      ["seq < ?", query.beforeSeq],
      [`${eventPersonSql} = ?`, person],
      ["type IN (SELECT value FROM json_each(?))", query.types && JSON.stringify(query.types)],
      ["at >= ?", storedTime(query.since)],
      ["at <= ?", storedTime(query.until)],
    ];
    const events: StoredEvent[] = [];
    for (const row of this.#queries.iterate(clauses, query.afterSeq === undefined ? "DESC" : "ASC")) {
      const event = eventOf(row);
      if (event === null) this.#unreadable++;
      else events.push(event);
      if (events.length === query.limit) break;
    }
    return events;
  }
}

/** Halves of surrogate pairs would be stored as something else than what was hashed. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** The event in a row; null where a newer program wrote a type that this one does not know. */
function eventOf(row: EventRow): StoredEvent | null {
  const event = {
    seq: row.seq,
    bootId: row.boot_id,
    at: row.at,
    monotonicMs: row.monotonic_ms,
    type: row.type,
    reason: row.reason,
    message: row.message,
    data: JSON.parse(row.data) as unknown,
  };
  return storedEventValidator.Check(event) ? event : null;
}
