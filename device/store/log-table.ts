// The logs table: batches of lines in, lines out.
import type Database from "better-sqlite3";
import { type LogLevel, type LogLine, logLevels } from "../events/events.ts";
import { type Clause, QueryCache, storedTime } from "./query-cache.ts";
import type { LogQuery } from "./store.ts";

/** A line that waits for its batch. */
export type PendingLine = Omit<LogLine, "seq">;

interface LogRow {
  readonly seq: number;
  readonly at: string;
  /** Index into `logLevels`: the graver, the greater. */
  readonly level: number;
  readonly source: string;
  readonly text: string;
}

/** A search for text reads so much at most: it holds up the loop that also times the relay. */
const searchedLinesMax = 5_000;
const searchedCharsMax = 1_000_000;

export class LogTable {
  readonly #insertAll: (lines: readonly PendingLine[]) => LogLine[];
  readonly #queries: QueryCache<LogRow>;
  readonly #lastSeq: Database.Statement<[], { readonly seq: number | null }>;

  constructor(db: Database.Database) {
    const insert = db.prepare("INSERT INTO logs (at, level, source, text) VALUES (?, ?, ?, ?)");
    const insertOne = (line: PendingLine): LogLine => {
      const { lastInsertRowid } = insert.run(line.at, levelIndex(line.level), line.source, line.text);
      return { seq: Number(lastInsertRowid), ...line };
    };
    this.#insertAll = db.transaction((lines: readonly PendingLine[]) => lines.map(insertOne));
    this.#queries = new QueryCache(db, "logs");
    this.#lastSeq = db.prepare("SELECT MAX(seq) AS seq FROM logs");
  }

  /** Commits all lines, or none, and returns them as stored. Throws SqliteError. */
  insert(lines: readonly PendingLine[]): LogLine[] {
    return this.#insertAll(lines);
  }

  /** With `text`, of the 5,000 lines nearest to the cursor, or fewer where those are long. Throws SqliteError. */
  select(query: LogQuery): LogLine[] {
    const clauses: Clause[] = [
      ["seq > ?", query.afterSeq],
      ["seq < ?", query.beforeSeq],
      ...(query.text === undefined ? [] : this.#searchedRange(query)),
      ["level >= ?", query.levelMin && levelIndex(query.levelMin)],
      ["at >= ?", storedTime(query.since)],
      ["at <= ?", storedTime(query.until)],
    ];
    // SQLite's own lower() knows only the letters of ASCII.
    const sought = query.text?.toLowerCase();
    const lines: LogLine[] = [];
    let searchedChars = 0;
    for (const row of this.#queries.iterate(clauses, query.afterSeq === undefined ? "DESC" : "ASC")) {
      if (sought !== undefined) {
        searchedChars += row.text.length;
        if (searchedChars > searchedCharsMax) break;
        if (!row.text.toLowerCase().includes(sought)) continue;
      }
      lines.push({ ...row, level: logLevels[row.level]! });
      if (lines.length === query.limit) break;
    }
    return lines;
  }

  #searchedRange({ afterSeq, beforeSeq }: LogQuery): Clause[] {
    if (afterSeq !== undefined) return [["seq <= ?", afterSeq + searchedLinesMax]];
    const newest = beforeSeq ?? (this.#lastSeq.get()?.seq ?? 0) + 1;
    return [["seq >= ?", newest - searchedLinesMax]];
  }
}

function levelIndex(level: LogLevel): number {
  return logLevels.indexOf(level);
}
