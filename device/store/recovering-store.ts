// A store that could not be opened is tried again: until then nothing is recorded, and the door knows it.
import { type ErrorCode, FacelatchError, messageOf } from "../errors/errors.ts";
import type { LogLine, NewEvent, StoredEvent } from "../events/events.ts";
import type { EventQuery, LogQuery, Store, StoreStatus } from "./store.ts";

export interface RecoveringStoreOptions {
  /** Throws FacelatchError STORE_UNAVAILABLE or STORE_FULL. */
  readonly open: () => Store;
  /** The least time between two tries. */
  readonly retryMs: number;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
}

interface Subscription {
  readonly begin: (store: Store) => () => void;
  end: () => void;
}

export class RecoveringStore implements Store {
  readonly #options: RecoveringStoreOptions;
  /** Given to the store when it is opened, so that each listener is called as every store promises. */
  readonly #subscriptions = new Set<Subscription>();
  #store: Store | null = null;
  #failure: FacelatchError | null = null;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: RecoveringStoreOptions) {
    this.#options = options;
  }

  append(event: NewEvent): StoredEvent {
    const store = this.#opened();
    if (store === null) throw this.#failure ?? closedError();
    return store.append(event);
  }

  events(query: EventQuery): StoredEvent[] {
    return this.#readable()?.events(query) ?? [];
  }

  log(line: Omit<LogLine, "seq" | "at">): void {
    this.#opened()?.log(line);
  }

  logs(query: LogQuery): LogLine[] {
    return this.#readable()?.logs(query) ?? [];
  }

  onEvent(listener: (event: StoredEvent) => void): () => void {
    return this.#subscribe((store) => store.onEvent(listener));
  }

  onLog(listener: (lines: readonly LogLine[]) => void): () => void {
    return this.#subscribe((store) => store.onLog(listener));
  }

  sweep(): number {
    return this.#opened()?.sweep() ?? 0;
  }

  status(): StoreStatus {
    const store = this.#opened();
    if (store !== null) return store.status();
    const { code, message } = this.#failure ?? closedError();
    const fault = { code: code === "STORE_FULL" ? code : ("STORE_UNAVAILABLE" as const), message };
    return { state: "failed", events: 0, logLines: 0, bytes: 0, lastSeq: 0, headHash: null, fault };
  }

  close(): void {
    this.#closed = true;
    this.#store?.close();
    this.#store = null;
  }

  #subscribe(begin: Subscription["begin"]): () => void {
    const subscription: Subscription = { begin, end: this.#store === null ? () => {} : begin(this.#store) };
    this.#subscriptions.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      subscription.end();
    };
  }

  /** Null while it cannot be opened: then there is nothing to read. A closed store is another matter. */
  #readable(): Store | null {
    if (this.#closed) throw closedError();
    return this.#opened();
  }

  #opened(): Store | null {
    if (this.#store !== null || this.#closed) return this.#store;
    const { open, retryMs, nowMs } = this.#options;
    if (nowMs() - this.#triedAtMs < retryMs) return null;
    this.#triedAtMs = nowMs();
    try {
      const store = open();
      for (const subscription of this.#subscriptions) subscription.end = subscription.begin(store);
      this.#store = store;
      this.#failure = null;
    } catch (error) {
      this.#failure =
        error instanceof FacelatchError ? error : unavailable("STORE_UNAVAILABLE", messageOf(error), error);
    }
    return this.#store;
  }
}

function unavailable(code: ErrorCode, found: string, cause?: unknown): FacelatchError {
  return new FacelatchError(code, {
    expected: "a database that can be opened",
    found,
    next: "The door stays locked without its record; check the disk.",
    cause,
  });
}

function closedError(): FacelatchError {
  return unavailable("STORE_UNAVAILABLE", "one that was closed");
}
