// Rows as text of an event stream: those a client missed, as many as its buffer takes, the newest of them behind a gap.
import type { ApiLimits } from "./api-deps.ts";
import { sseText } from "./sse.ts";

export type ReplayLimits = Pick<ApiLimits, "replayRowsMax" | "streamBufferBytesMax">;

interface Row {
  readonly seq: number;
}

/** Where a stream's rows come from. */
export interface ReplaySource<R extends Row> {
  /** The newest row's seq; 0 without any. */
  readonly lastSeq: number;
  /** Of the rows with a greater seq those that the client asked for, oldest first; at most 500. */
  readonly after: (seq: number) => readonly R[];
  readonly textOf: (row: R) => string;
}

/** What came after a seq; where that is too much, the newest of it behind a gap. */
export function missedText<R extends Row>(source: ReplaySource<R>, afterSeq: number, limits: ReplayLimits): string {
  const { lastSeq, after, textOf } = source;
  // A client that is ahead counts in another database, which this one replaced: everything here is new to it.
  const knownSeq = afterSeq > lastSeq ? 0 : afterSeq;
  const passedSeq = Math.max(knownSeq, lastSeq - limits.replayRowsMax);
  return textBehindGap(after(passedSeq), { knownSeq, passedSeq, textOf }, limits);
}

interface Telling<R extends Row> {
  /** Up to here the client knows all. */
  readonly knownSeq: number;
  /** Up to here rows are passed over, whatever fits. */
  readonly passedSeq: number;
  readonly textOf: (row: R) => string;
}

/**
 * Rows, given oldest first, in half of a stream's buffer: as many of the newest as fit, and before them an event named
 * gap where any were left out.
 */
export function textBehindGap<R extends Row>(
  rows: readonly R[],
  { knownSeq, passedSeq, textOf }: Telling<R>,
  { streamBufferBytesMax }: Pick<ReplayLimits, "streamBufferBytesMax">,
): string {
  const texts: string[] = [];
  let gapToSeq = passedSeq;
  let bytes = 0;
  for (const row of rows.toReversed()) {
    const text = textOf(row);
    bytes += Buffer.byteLength(text);
    if (bytes > streamBufferBytesMax / 2) {
      gapToSeq = row.seq;
      break;
    }
    texts.push(text);
  }
  if (gapToSeq > knownSeq) texts.push(sseText({ event: "gap", data: { fromSeq: knownSeq + 1, toSeq: gapToSeq } }));
  return texts.reverse().join("");
}
