// The port of the store: events that must not be lost, and log lines that may be.
import type { EventType, LogLevel, LogLine, NewEvent, StoredEvent } from "../events/events.ts";

/** In the state folder. */
export const storeFileName = "facelatch.sqlite";

/** Beside it: space that is kept for it. */
export const reserveFileName = "facelatch.reserve";

/** Stands in a query for the owner of an opening by face; all other people have an id. */
export const ownerByFace = "owner";

export interface EventQuery {
  /** Only events with a seq greater than this, oldest first. */
  readonly afterSeq?: number;
  /** Only events with a seq less than this, newest first; without either, the newest come first. */
  readonly beforeSeq?: number;
  readonly types?: readonly EventType[];
  /** Only events that are about one of these: ids of people, as in `data.personId`, or `ownerByFace`. */
  readonly people?: readonly string[];
  /** Wall clock bounds, ISO 8601, inclusive. */
  readonly since?: string;
  readonly until?: string;
  /** 1 to 500. */
  readonly limit: number;
}

export interface LogQuery {
  readonly afterSeq?: number;
  readonly beforeSeq?: number;
  /** Lines of this level and graver. */
  readonly levelMin?: LogLevel;
  readonly since?: string;
  readonly until?: string;
  /** Lines that contain this text, letter case ignored. */
  readonly text?: string;
  readonly limit: number;
}

export interface StoreStatus {
  readonly state: "open" | "failed";
  readonly events: number;
  readonly logLines: number;
  readonly bytes: number;
  readonly lastSeq: number;
  /** The hash of the event of `lastSeq`, hexadecimal, which stands for all before it; null without a store. */
  readonly headHash: string | null;
  /** The last write that failed, until a later one succeeds; or that the disk has little space left. */
  readonly fault: {
    readonly code: "STORE_FULL" | "STORE_LOW" | "STORE_UNAVAILABLE";
    readonly message: string;
  } | null;
}

export interface Retention {
  readonly ageMaxDays: number;
  readonly eventsMax: number;
  readonly logLinesMax: number;
}

export interface Store {
  /** Commits the event to disk before it returns. Throws STORE_FULL or STORE_UNAVAILABLE; then nothing was stored. */
  append(event: NewEvent): StoredEvent;
  events(query: EventQuery): StoredEvent[];
  /** Queues a log line; lines are written in batches and may be lost at a power cut. Never throws. */
  log(line: Omit<LogLine, "seq" | "at">): void;
  logs(query: LogQuery): LogLine[];
  /** Calls back after each commit; returns the function that ends it. */
  onEvent(listener: (event: StoredEvent) => void): () => void;
  /**
   * Calls back after each batch of log lines was committed, with its lines, oldest first; returns the function that
   * ends it. A listener that throws is told no more: a line that says so would call it again.
   */
  onLog(listener: (lines: readonly LogLine[]) => void): () => void;
  /** Deletes a bounded number of the oldest rows beyond the retention; returns how many. */
  sweep(): number;
  status(): StoreStatus;
  close(): void;
}
