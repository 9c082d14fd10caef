// The events table: rows in, events out.
import assert from "node:assert/strict";
import type Database from "better-sqlite3";
import { Compile } from "typebox/compile";
import { type NewEvent, newEventSchema, type StoredEvent, storedEventSchema } from "../events/events.ts";
import { type Clause, QueryCache, storedTime } from "./query-cache.ts";
import type { EventQuery } from "./store.ts";

interface EventRow {
  readonly seq: number;
  readonly boot_id: string;
  readonly at: string;
  readonly monotonic_ms: number;
  readonly type: string;
  readonly reason: string | null;
  readonly message: string;
  readonly data: string;
}

const newEventValidator = Compile(newEventSchema);
const storedEventValidator = Compile(storedEventSchema);

export class EventTable {
  readonly #insert: Database.Statement<[Omit<EventRow, "seq">]>;
  readonly #queries: QueryCache<EventRow>;
  #unreadable = 0;

  constructor(db: Database.Database) {
    this.#insert = db.prepare(
      `INSERT INTO events (boot_id, at, monotonic_ms, type, reason, message, data)
       VALUES (@boot_id, @at, @monotonic_ms, @type, @reason, @message, @data)`,
    );
    this.#queries = new QueryCache(db, "events");
  }

  /** Rows that reads left out because they match no event of this version. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Commits one event. An event that breaks its schema is a programmer error. Throws SqliteError. */
  insert(event: NewEvent, bootId: string, at: string): StoredEvent {
    if (!newEventValidator.Check(event)) {
      const [first] = newEventValidator.Errors(event);
      assert.fail(`an event breaks its schema: ${first?.instancePath || "the whole"} ${first?.message}`);
    }
    const { lastInsertRowid } = this.#insert.run({
      boot_id: bootId,
      at,
      monotonic_ms: event.monotonicMs,
      type: event.type,
      reason: event.reason,
      message: event.message,
      data: JSON.stringify(event.data),
    });
    return { seq: Number(lastInsertRowid), bootId, at, ...event };
  }

  /** Throws SqliteError. */
  select(query: EventQuery): StoredEvent[] {
    const clauses: Clause[] = [
      ["seq > ?", query.afterSeq],
      ["seq < ?", query.beforeSeq],
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
