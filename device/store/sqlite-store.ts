// The store on SQLite: an event is on the disk before append returns; log lines follow in batches.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { LogLevel, LogLine, NewEvent, StoredEvent } from "../events/events.ts";
import type { ChainLink } from "./event-chain.ts";
import { EventTable } from "./event-table.ts";
import { LogQueue } from "./log-queue.ts";
import { LogTable, type PendingLine } from "./log-table.ts";
import { openDatabase } from "./open-database.ts";
import { RetentionSweep } from "./retention-sweep.ts";
import { storeError } from "./sqlite-errors.ts";
import type { EventQuery, LogQuery, Retention, Store, StoreStatus } from "./store.ts";

export interface SqliteStoreOptions {
  /** The database file; it and its folder are made when missing. */
  readonly path: string;
  /** Written into every event; changes with each start of the daemon. */
  readonly bootId: string;
  readonly retention: Retention;
  readonly wallClock: () => Date;
  /** By which rows grow old; `wallClock` unless told. */
  readonly retentionClock?: () => Date;
  /** The most pages of 4 KiB that the file may have; without it, what the disk holds. */
  readonly pagesMax?: number;
}

export interface SqliteStore extends Store {
  /** Where a damaged database file was kept when this store was opened; null when all was well. */
  readonly movedAside: string | null;
}

/** A million rows or a thousand: a step holds the event loop for a few ms. */
const sweptRowsMax = 100;
const queryRowsMax = 500;
/** What `logLineSchema` allows; longer lines are cut, for a line must never fail. */
const sourceCharsMax = 40;
const textCharsMax = 2_000;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Opens the store.
 *
 * @throws FacelatchError STORE_UNAVAILABLE for a file of a newer program, or one that cannot be opened; STORE_FULL
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { db, movedAside } = openDatabase(options.path, options.pagesMax);
  return new OpenStore(options, db, movedAside);
}

class OpenStore implements SqliteStore {
  readonly movedAside: string | null;
  readonly #options: SqliteStoreOptions;
  readonly #db: Database.Database;
  readonly #events: EventTable;
  readonly #logs: LogTable;
  readonly #queue: LogQueue;
  readonly #sweeps: { readonly events: RetentionSweep; readonly logs: RetentionSweep };
  readonly #listeners = new Set<(event: StoredEvent) => void>();
  readonly #logListeners = new Set<(lines: readonly LogLine[]) => void>();
  #eventRows: number;
  #logRows: number;
  #head: ChainLink;
  #fault: StoreStatus["fault"] = null;
  #unreadableTold = false;

  constructor(options: SqliteStoreOptions, db: Database.Database, movedAside: string | null) {
    this.#options = options;
    this.#db = db;
    this.movedAside = movedAside;
    this.#events = new EventTable(db);
    this.#logs = new LogTable(db);
    this.#sweeps = {
      events: new RetentionSweep(db, "events", this.#events.cutOldest),
      logs: new RetentionSweep(db, "logs"),
    };
    this.#queue = new LogQueue({
      write: (lines) => this.#writeLogs(lines),
      onWritten: (lines) => this.#tellLogs(lines),
      lossLine: (lost) => this.#line("warn", "store", `${lost} log lines were lost: they came faster than the disk.`),
    });
    const number = (sql: string): number => Number(db.prepare(sql).pluck().get() ?? 0);
    this.#eventRows = number("SELECT count(*) FROM events");
    this.#logRows = number("SELECT count(*) FROM logs");
    this.#head = this.#events.head;
    if (movedAside !== null) {
      this.#queue.push(this.#line("error", "store", `The event store was damaged; it is kept as ${movedAside}.`));
    }
  }

  append(event: NewEvent): StoredEvent {
    const { stored, head } = this.#write(() =>
      this.#events.insert(event, this.#options.bootId, this.#options.wallClock().toISOString()),
    );
    this.#eventRows++;
    this.#head = head;
    for (const listener of [...this.#listeners]) {
      try {
        listener(stored);
      } catch (error) {
        // The event is committed: whoever appended it must not be told otherwise by a listener's fault.
        this.log({ level: "error", source: "store", text: `A listener of events failed: ${messageOf(error)}` });
      }
    }
    return stored;
  }

  events(query: EventQuery): StoredEvent[] {
    assertLimit(query.limit);
    const events = this.#read(() => this.#events.select(query));
    if (this.#events.unreadable > 0 && !this.#unreadableTold) {
      this.#unreadableTold = true;
      this.log({ level: "warn", source: "store", text: "Events that this version does not know were left out." });
    }
    return events;
  }

  log(line: Omit<LogLine, "seq" | "at">): void {
    if (this.#db.open) this.#queue.push(this.#line(line.level, line.source, line.text));
  }

  logs(query: LogQuery): LogLine[] {
    assertLimit(query.limit);
    if (this.#db.open) this.#queue.flush();
    return this.#read(() => this.#logs.select(query));
  }

  onEvent(listener: (event: StoredEvent) => void): () => void {
    // A wrapper of its own, so that a listener given twice is called twice and ended apart.
    const entry = (event: StoredEvent): void => listener(event);
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  onLog(listener: (lines: readonly LogLine[]) => void): () => void {
    const entry = (lines: readonly LogLine[]): void => listener(lines);
    this.#logListeners.add(entry);
    return () => {
      this.#logListeners.delete(entry);
    };
  }

  sweep(): number {
    const { retention, wallClock, retentionClock = wallClock } = this.#options;
    const oldBefore = new Date(retentionClock().getTime() - retention.ageMaxDays * dayMs).toISOString();
    const sweepBoth = this.#db.transaction(() => {
      const limits = { rowsMax: retention.eventsMax, oldBefore, deletedMax: sweptRowsMax };
      const events = this.#sweeps.events.run(this.#eventRows, limits);
      const rest = { rowsMax: retention.logLinesMax, oldBefore, deletedMax: sweptRowsMax - events };
      return { events, logs: this.#sweeps.logs.run(this.#logRows, rest) };
    });
    const faultBefore = this.#fault;
    const swept = this.#write(() => sweepBoth.immediate());
    // A sweep that found nothing to delete wrote nothing: it does not show that there is space again.
    if (swept.events + swept.logs === 0) this.#fault = faultBefore;
    this.#eventRows -= swept.events;
    this.#logRows -= swept.logs;
    return swept.events + swept.logs;
  }

  status(): StoreStatus {
    return {
      state: this.#db.open && this.#fault === null ? "open" : "failed",
      events: this.#eventRows,
      logLines: this.#logRows,
      bytes: fileBytes(this.#options.path) + fileBytes(`${this.#options.path}-wal`),
      lastSeq: this.#head.seq,
      headHash: this.#head.hash.toString("hex"),
      fault: this.#fault,
    };
  }

  close(): void {
    if (!this.#db.open) return;
    this.#queue.flush();
    this.#queue.stop();
    this.#listeners.clear();
    this.#logListeners.clear();
    this.#db.close();
  }

  #writeLogs(lines: readonly PendingLine[]): readonly LogLine[] {
    const written = this.#write(() => this.#logs.insert(lines));
    this.#logRows += written.length;
    return written;
  }

  #tellLogs(lines: readonly LogLine[]): void {
    for (const listener of [...this.#logListeners]) {
      try {
        listener(lines);
      } catch (error) {
        this.#logListeners.delete(listener);
        this.log({ level: "error", source: "store", text: `A listener of log lines failed: ${messageOf(error)}` });
      }
    }
  }

  #line(level: LogLevel, source: string, text: string): PendingLine {
    return {
      at: this.#options.wallClock().toISOString(),
      level,
      source: source.slice(0, sourceCharsMax),
      text: text.slice(0, textCharsMax),
    };
  }

  /** Performs a write; its outcome becomes the store's fault, or ends it. */
  #write<T>(operation: () => T): T {
    try {
      const result = this.#read(operation);
      this.#fault = null;
      return result;
    } catch (error) {
      if (error instanceof FacelatchError) {
        const code = error.code === "STORE_FULL" ? "STORE_FULL" : "STORE_UNAVAILABLE";
        this.#fault = { code, message: error.message };
      }
      throw error;
    }
  }

  /** Performs an operation; SQLite's errors become the store's. */
  #read<T>(operation: () => T): T {
    if (!this.#db.open) {
      throw new FacelatchError("STORE_UNAVAILABLE", {
        expected: "an open store",
        found: "one that was closed",
        next: "Start the daemon again.",
      });
    }
    try {
      return operation();
    } catch (error) {
      throw storeError(error);
    }
  }
}

function assertLimit(limit: number): void {
  assert.ok(Number.isInteger(limit) && limit >= 1 && limit <= queryRowsMax, `a limit of 1 to ${queryRowsMax}`);
}

function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
