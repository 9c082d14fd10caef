// Tells streams of log lines: a batch at a time, each stream what it asked for, and never more than its buffer takes.
import { type LogLevel, type LogLine, logLevels } from "../events/events.ts";
import type { Store } from "../store/store.ts";
import { type ReplayLimits, textBehindGap } from "./replay.ts";
import { type SseStream, sseText } from "./sse.ts";

/** Of which lines a stream is told. */
export interface LogFilter {
  /** Lines of this level and graver. */
  readonly levelMin?: LogLevel;
  /** Lines that contain this text, letter case ignored. */
  readonly text?: string;
}

export function logLineText(line: LogLine): string {
  return sseText({ id: line.seq, event: "line", data: line });
}

export class LogFeed {
  readonly #store: Pick<Store, "onLog">;
  readonly #limits: Pick<ReplayLimits, "streamBufferBytesMax">;
  readonly #filters = new Map<SseStream, LogFilter>();
  #unsubscribe: (() => void) | null = null;

  constructor(store: Pick<Store, "onLog">, limits: Pick<ReplayLimits, "streamBufferBytesMax">) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Begins telling a stream of the lines that are written from now on. */
  add(stream: SseStream, filter: LogFilter): void {
    this.#filters.set(stream, filter);
    this.#unsubscribe ??= this.#store.onLog((lines) => this.#tell(lines));
  }

  remove(stream: SseStream): void {
    this.#filters.delete(stream);
    if (this.#filters.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  #tell(lines: readonly LogLine[]): void {
    const batch = new Batch(lines);
    const told = new Map<string, Buffer>();
    for (const [stream, filter] of this.#filters) {
      // In a flood, most of the work is this text: made once for all that ask for the same.
      const key = JSON.stringify(filter);
      const text = told.get(key) ?? Buffer.from(this.#textFor(filter, batch));
      told.set(key, text);
      if (text.length > 0) stream.write(text);
    }
  }

  #textFor(filter: LogFilter, batch: Batch): string {
    const lines = batch.linesFor(filter);
    if (lines.length === 0) return "";
    const knownSeq = lines[0]!.seq - 1;
    return textBehindGap(lines, { knownSeq, passedSeq: knownSeq, textOf: batch.textOf }, this.#limits);
  }
}

/** What many streams need of the same lines is made once. */
class Batch {
  readonly #lines: readonly LogLine[];
  readonly #folded = new Map<LogLine, string>();
  readonly #texts = new Map<LogLine, string>();

  constructor(lines: readonly LogLine[]) {
    this.#lines = lines;
  }

  linesFor({ levelMin, text }: LogFilter): readonly LogLine[] {
    const gravityMin = levelMin === undefined ? 0 : logLevels.indexOf(levelMin);
    const sought = text?.toLowerCase();
    return this.#lines.filter(
      (line) =>
        logLevels.indexOf(line.level) >= gravityMin && (sought === undefined || this.#fold(line).includes(sought)),
    );
  }

  readonly textOf = (line: LogLine): string => once(this.#texts, line, logLineText);

  #fold(line: LogLine): string {
    return once(this.#folded, line, ({ text }) => text.toLowerCase());
  }
}

function once(made: Map<LogLine, string>, line: LogLine, make: (line: LogLine) => string): string {
  let text = made.get(line);
  if (text === undefined) {
    text = make(line);
    made.set(line, text);
  }
  return text;
}
