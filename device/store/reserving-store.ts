// A store with space of its own for the day when something else has filled the disk: events take it, log lines do not.
import { FacelatchError } from "../errors/errors.ts";
import type { LogLine, NewEvent, StoredEvent } from "../events/events.ts";
import type { Reserve } from "./reserve.ts";
import type { EventQuery, LogQuery, Store, StoreStatus } from "./store.ts";

export class ReservingStore implements Store {
  readonly #store: Store;
  readonly #reserve: Reserve;

  constructor(store: Store, reserve: Reserve) {
    this.#store = store;
    this.#reserve = reserve;
  }

  append(event: NewEvent): StoredEvent {
    try {
      return this.#store.append(event);
    } catch (error) {
      const isFull = error instanceof FacelatchError && error.code === "STORE_FULL";
      if (!isFull || !this.#reserve.release()) throw error;
      return this.#store.append(event);
    }
  }

  events(query: EventQuery): StoredEvent[] {
    return this.#store.events(query);
  }

  log(line: Omit<LogLine, "seq" | "at">): void {
    // What is left is for the record of openings.
    if (this.#reserve.state !== "short") this.#store.log(line);
  }

  logs(query: LogQuery): LogLine[] {
    return this.#store.logs(query);
  }

  onEvent(listener: (event: StoredEvent) => void): () => void {
    return this.#store.onEvent(listener);
  }

  onLog(listener: (lines: readonly LogLine[]) => void): () => void {
    return this.#store.onLog(listener);
  }

  sweep(): number {
    this.#reserve.grow();
    return this.#store.sweep();
  }

  status(): StoreStatus {
    const status = this.#store.status();
    return { ...status, fault: status.fault ?? (this.#reserve.state === "short" ? lowFault : null) };
  }

  close(): void {
    this.#store.close();
  }
}

const lowFault: StoreStatus["fault"] = {
  code: "STORE_LOW",
  message: new FacelatchError("STORE_LOW", {
    expected: "room for the space that is reserved for the record of openings (store.reserveBytes)",
    found: "less",
    next: "Free space on the device's disk; log lines are not kept until then, and the door opens as long as its record fits.",
  }).message,
};
