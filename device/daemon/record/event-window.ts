// Records events of which somebody at the door may cause any number, and no more often than so that a flood cannot push everything
// else out.
import type { EventType, NewEvent } from "../../events/events.ts";

const windowMs = 60_000;
/** Of each type. */
const eventsInWindowMax = 10;

interface Window {
  readonly startedAtMs: number;
  recorded: number;
  unrecorded: number;
}

export class EventWindow {
  readonly #record: (event: NewEvent) => void;
  readonly #windows = new Map<EventType, Window>();

  constructor(record: (event: NewEvent) => void) {
    this.#record = record;
  }

  /** Records it, or counts it for the next one of its type, which says in `unrecorded` how many there were. */
  push(event: NewEvent): void {
    const { type, monotonicMs: nowMs } = event;
    const before = this.#windows.get(type);
    const isOver = before === undefined || nowMs - before.startedAtMs >= windowMs;
    const window = isOver ? { startedAtMs: nowMs, recorded: 0, unrecorded: before?.unrecorded ?? 0 } : before;
    this.#windows.set(type, window);
    if (window.recorded >= eventsInWindowMax) {
      window.unrecorded++;
      return;
    }
    const { unrecorded } = window;
    window.recorded++;
    window.unrecorded = 0;
    this.#record(unrecorded === 0 ? event : { ...event, data: { ...event.data, unrecorded } });
  }
}
