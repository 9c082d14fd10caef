// Deletes the oldest rows of a table beyond its retention, a bounded number at a time.
import type Database from "better-sqlite3";

export interface SweepLimits {
  /** The most rows that may stay. */
  readonly rowsMax: number;
  /** Rows from before this time are old. */
  readonly oldBefore: string;
  /** The most rows that this call may delete. */
  readonly deletedMax: number;
}

/**
 * Boards without a clock chip start in the past until they learn the time, so a row from before this program existed
 * is of unknown age, and not of great age.
 */
const plausibleFrom = "2026-01-01T00:00:00.000Z";

export class RetentionSweep {
  readonly #oldThrough: Database.Statement<[string, string, string], number | null>;
  readonly #countThrough: Database.Statement<[number, number], number>;
  readonly #deleteOldest: Database.Statement<[number]>;
  readonly #beforeDelete: (rows: number) => void;

  /** @param beforeDelete told how many of the oldest rows go next */
  constructor(db: Database.Database, table: "events" | "logs", beforeDelete: (rows: number) => void = () => {}) {
    this.#beforeDelete = beforeDelete;
    // Rows go strictly in their order: an old time after a young one is a clock that jumped.
    this.#oldThrough = db
      .prepare<[string, string, string], number | null>(
        `SELECT max(seq) FROM ${table} WHERE at >= ? AND at < ?
         AND seq < (SELECT coalesce(min(seq), 9007199254740991) FROM ${table} WHERE at >= ?)`,
      )
      .pluck();
    this.#countThrough = db
      .prepare<[number, number], number>(
        `SELECT count(*) FROM (SELECT seq FROM ${table} WHERE seq <= ? ORDER BY seq LIMIT ?)`,
      )
      .pluck();
    this.#deleteOldest = db.prepare(
      `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} ORDER BY seq LIMIT ?)`,
    );
  }

  /**
   * @param rows how many rows the table has
   * @returns how many were deleted; throws SqliteError
   */
  run(rows: number, limits: SweepLimits): number {
    const tooMany = Math.min(Math.max(0, rows - limits.rowsMax), limits.deletedMax);
    const oldThroughSeq = this.#oldThrough.get(plausibleFrom, limits.oldBefore, limits.oldBefore) ?? 0;
    const old = this.#countThrough.get(oldThroughSeq, limits.deletedMax) ?? 0;
    const deleting = Math.max(tooMany, old);
    if (deleting === 0) return 0;
    this.#beforeDelete(deleting);
    return this.#deleteOldest.run(deleting).changes;
  }
}
