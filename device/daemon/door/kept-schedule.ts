// The schedule in force: the configuration's, or one that somebody set since, which is kept on disk.
import { type Schedule, scheduleContradictions, type WeeklyWindow, weeklyWindows } from "../../config/config.ts";
import { type Now, scheduleRefusal } from "../../decision/decision.ts";
import type { NewSchedule, ScheduleControl, ScheduleReport } from "../../door/door.ts";
import { codeOf, FacelatchError, messageOf } from "../../errors/errors.ts";
import type { EventType, NewEvent } from "../../events/events.ts";
import type { Store } from "../../store/store.ts";

interface Stored {
  readonly windows: NewSchedule["windows"];
  readonly changed: { readonly at: string; readonly by: string };
}

export interface KeptScheduleOptions {
  readonly configured: Schedule;
  readonly file: {
    readonly read: () => Promise<Stored | null>;
    readonly write: (schedule: Stored) => Promise<void>;
    readonly remove: () => Promise<void>;
  };
  readonly store: Pick<Store, "append">;
  readonly clock: () => Now;
  readonly wallClock: () => Date;
  readonly onError: (text: string) => void;
}

interface InForce {
  readonly stored: Stored | null;
  /** Null where nobody knows. */
  readonly weekly: readonly WeeklyWindow[] | null;
  readonly fault: ScheduleReport["fault"];
}

const unreadRetryMs = 1_000;
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();

export class KeptSchedule implements ScheduleControl {
  readonly #options: KeptScheduleOptions;
  #inForce: InForce = { stored: null, weekly: null, fault: null };
  #retry: NodeJS.Timeout | undefined;
  /** Changed one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: KeptScheduleOptions) {
    this.#options = options;
  }

  /** Takes up one that was set before; until then no face opens the door. Never rejects. */
  async start(): Promise<void> {
    try {
      this.#use(await this.#options.file.read());
    } catch (error) {
      this.#fail(error);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.#inTurn(() => this.#readAgain()), unreadRetryMs).unref();
    }
  }

  /** In minutes of the week; empty for always, null where nobody knows. The same list until something changes. */
  get weekly(): readonly WeeklyWindow[] | null {
    return this.#inForce.weekly;
  }

  report(): ScheduleReport {
    const { stored, weekly, fault } = this.#inForce;
    const { minuteOfWeek } = this.#options.clock();
    const windows =
      stored?.windows ?? this.#options.configured.map(({ days, ...times }) => ({ days: [...days], ...times }));
    return {
      source: stored === null && fault === null ? "config" : "stored",
      windows: weekly === null ? null : windows,
      allowsNow: scheduleRefusal(minuteOfWeek, { schedule: weekly }) === null,
      clockIsTrusted: minuteOfWeek !== null,
      timeZone,
      changed: stored?.changed ?? null,
      fault,
    };
  }

  async set({ windows }: NewSchedule, by: string): Promise<void> {
    const [contradiction] = scheduleContradictions(windows, "windows");
    if (contradiction !== undefined) {
      throw new FacelatchError("REQUEST_INVALID", {
        expected: "windows that begin and end at different times",
        found: contradiction.text,
        next: "Correct this window, or leave it out.",
      });
    }
    const changed = { at: this.#options.wallClock().toISOString(), by: by.slice(0, 200) };
    const size = windows.length === 0 ? "always" : `${windows.length} window${windows.length === 1 ? "" : "s"}`;
    await this.#change(`The schedule was set to ${size} by ${by}.`, { by, windows: windows.length }, (file) =>
      file.write({ windows, changed }),
    );
  }

  async reset(by: string): Promise<void> {
    const message = `The schedule of the configuration was taken up again by ${by}.`;
    await this.#change(message, { by }, (file) => file.remove());
  }

  /** Recorded before it is done: it may let somebody in whom the door would have kept out. */
  #change(
    message: string,
    data: NewEvent["data"],
    work: (file: KeptScheduleOptions["file"]) => Promise<void>,
  ): Promise<void> {
    const { store, file } = this.#options;
    return this.#inTurn(async () => {
      store.append(this.#event("schedule.changed", null, message, data));
      try {
        await work(file);
      } catch (error) {
        this.#note(this.#event("schedule.changed", codeOf(error), "The schedule could not be changed.", data));
        throw error;
      } finally {
        // Also where it failed: the disk says what counts, now and after a restart.
        await this.start();
      }
    });
  }

  async #readAgain(): Promise<void> {
    // Somebody may have set it anew meanwhile.
    if (this.#inForce.fault !== null) await this.start();
  }

  #use(stored: Stored | null): void {
    const isRecovered = this.#inForce.fault !== null;
    const weekly = weeklyWindows(stored?.windows ?? this.#options.configured);
    this.#inForce = { stored, weekly, fault: null };
    if (isRecovered) this.#note(this.#event("schedule.recovered", null, "The schedule is known again."));
  }

  #fail(error: unknown): void {
    const fault = { code: codeOf(error), message: messageOf(error) };
    const isNew = this.#inForce.fault === null;
    this.#inForce = { stored: null, weekly: null, fault };
    if (isNew) this.#note(this.#event("schedule.fault", fault.code, fault.message));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #event(type: EventType, reason: string | null, message: string, data: NewEvent["data"] = {}): NewEvent {
    const { nowMs } = this.#options.clock();
    return { type, monotonicMs: nowMs, reason, message: message.slice(0, 500), data };
  }

  #note(event: NewEvent): void {
    try {
      this.#options.store.append(event);
    } catch (error) {
      this.#options.onError(`The event ${event.type} could not be stored: ${messageOf(error)}`);
    }
  }
}
