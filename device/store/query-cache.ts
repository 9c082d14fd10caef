// SELECT statements put together from fixed clauses, each combination prepared once.
import type Database from "better-sqlite3";

type Bound = string | number;

/** A condition of a query and the value it compares with; left out of the statement while the value is undefined. */
export type Clause = readonly [sql: string, value: Bound | undefined];

const pageRows = 100;

/**
 * Prepares and keeps the statements of one table. The number of combinations is bounded by the clauses in the code,
 * for no value ever becomes part of the SQL.
 */
export class QueryCache<Row extends { readonly seq: number }> {
  readonly #db: Database.Database;
  readonly #table: "events" | "logs";
  readonly #statements = new Map<string, Database.Statement<Bound[], Row>>();

  constructor(db: Database.Database, table: "events" | "logs") {
    this.#db = db;
    this.#table = table;
  }

  /** The rows for which all clauses hold, by seq; read a page at a time, as far as they are asked for. */
  *iterate(clauses: readonly Clause[], order: "ASC" | "DESC"): Generator<Row> {
    let last: number | undefined;
    while (true) {
      const page = this.#page([...clauses, [order === "ASC" ? "seq > ?" : "seq < ?", last]], order);
      yield* page;
      if (page.length < pageRows) return;
      last = page.at(-1)!.seq;
    }
  }

  #page(clauses: readonly Clause[], order: "ASC" | "DESC"): Row[] {
    const active = clauses.filter(([, value]) => value !== undefined);
    const where = active.length === 0 ? "" : `WHERE ${active.map(([sql]) => sql).join(" AND ")}`;
    const sql = `SELECT * FROM ${this.#table} ${where} ORDER BY seq ${order} LIMIT ${pageRows}`;
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<Bound[], Row>(sql);
      this.#statements.set(sql, statement);
    }
    return statement.all(...active.map(([, value]) => value as Bound));
  }
}

/** A time of any ISO 8601 form as the one that is stored, so that text order is time order. */
export function storedTime(time: string | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
