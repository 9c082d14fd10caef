// Cursors: how lists of events and log lines are read on, page by page.
import Type from "typebox";
import { FacelatchError } from "../errors/errors.ts";

/** The most rows of one page; one row more is read to know whether there is a next page. */
const pageRowsMax = 200;
const pageRowsDefault = 50;

/** A seq in a request; any number that counts exactly. */
export const seqProperty = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }));
const timeSchema = (description: string) => Type.Optional(Type.String({ format: "date-time", description }));

export const cursorProperties = {
  after: seqProperty("Only what has a greater seq, oldest first."),
  before: seqProperty("Only what has a lesser seq, newest first."),
  limit: Type.Integer({ minimum: 1, maximum: pageRowsMax, default: pageRowsDefault }),
};

export const sinceProperty = { since: timeSchema("Not before this time.") };
export const untilProperty = { until: timeSchema("Not after this time.") };

export const nextSchema = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
  description: "The cursor of the next page, for `after` if you gave `after`, for `before` otherwise; null at the end.",
});

export interface Cursor {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** The part of a store's query that a cursor decides. */
export function cursorQuery({ after, before, limit }: Cursor): {
  afterSeq?: number;
  beforeSeq?: number;
  limit: number;
} {
  return {
    ...(after !== undefined && { afterSeq: after }),
    ...(before !== undefined && { beforeSeq: before }),
    limit: limit + 1,
  };
}

/** One page of what the store found, and the cursor of the next one. */
export function pageOf<Row extends { readonly seq: number }>(rows: Row[], limit: number) {
  const page = rows.slice(0, limit);
  return { page, next: rows.length > limit ? page.at(-1)!.seq : null };
}

/**
 * The times of a query. The schema has checked their form; some well-formed times, such as a leap second, are none
 * that a clock of the device can show.
 *
 * @throws FacelatchError REQUEST_INVALID
 */
export function timesOf(query: { since?: string; until?: string }): { since?: string; until?: string } {
  for (const name of ["since", "until"] as const) {
    const time = query[name];
    if (time === undefined || !Number.isNaN(Date.parse(time))) continue;
    throw new FacelatchError("REQUEST_INVALID", {
      expected: `a time in ${name}`,
      found: time.slice(0, 40),
      next: "Give a time such as 2026-11-23T10:00:00Z.",
    });
  }
  return {
    ...(query.since !== undefined && { since: query.since }),
    ...(query.until !== undefined && { until: query.until }),
  };
}
