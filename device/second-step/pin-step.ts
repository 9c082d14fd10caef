// A PIN as the second step: counted on disk before it is judged, one at a time, with a growing wait after wrong ones.
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { Confirmations } from "./confirmations.ts";
import { isPin, readStoredPin, type StoredPin } from "./pin-file.ts";
import type { PinAnswer, PinEntry, SecondStepStatus, StepRefusal } from "./second-step.ts";
import { waitAfterMs } from "./wrong-pins.ts";
import { readWrongPins, writeWrongPins } from "./wrong-pins-file.ts";

export interface PinStepOptions {
  readonly stateDir: string;
  readonly clock?: TimerClock;
}

/** A PIN that is set, or damaged, while the daemon runs shows in the status within this time. */
const lookIntervalMs = 5_000;

interface Row {
  readonly wrong: number;
  readonly waitUntilMs: number;
}

/**
 * A wait that a restart cut short begins again in full: no clock of a small board survives a restart, and none of it may
 * shorten a wait.
 */
export class PinStep implements PinEntry {
  readonly #stateDir: string;
  readonly #clock: TimerClock;
  readonly #confirmations = new Confirmations();
  /** The wrong PINs in a row; null until they were read. */
  #row: Row | null = null;
  #started = false;
  #busy = false;
  /** Nothing can be judged: no PIN, or no count. */
  #readFault: FacelatchError | null = null;
  /** The last attempt could not be counted, so that it was not judged. */
  #countFault: FacelatchError | null = null;
  #cancelLook: () => void = () => {};

  constructor({ stateDir, clock = monotonicClock }: PinStepOptions) {
    this.#stateDir = stateDir;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#look();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#readFault = null;
    this.#countFault = null;
    this.#cancelLook();
  }

  status(): SecondStepStatus {
    const error = this.#readFault ?? this.#countFault;
    return {
      adapter: "PIN",
      fault: error === null ? null : { code: "SECOND_STEP_UNAVAILABLE", message: error.message },
      confirmations: this.#confirmations.count,
    };
  }

  onConfirmed(listener: () => boolean): void {
    this.#confirmations.onConfirmed(listener);
  }

  onRefused(listener: (reason: StepRefusal) => void): void {
    this.#confirmations.onRefused(listener);
  }

  async enter(pin: string): Promise<PinAnswer> {
    if (this.#busy) return { kind: "busy" };
    this.#busy = true;
    try {
      return await this.#judge(pin);
    } finally {
      this.#busy = false;
    }
  }

  async #judge(pin: string): Promise<PinAnswer> {
    const row = this.#row;
    if (!this.#started || row === null) throw this.#readFault ?? stopped();
    const waitMs = row.waitUntilMs - this.#clock.nowMs();
    if (waitMs > 0) {
      this.#confirmations.refuse("pin_wait");
      return { kind: "wait", waitMs };
    }
    const stored = await this.#readPin();
    // Counted as wrong before it is judged: whoever kills the daemon in between has used up the attempt.
    await this.#count(row.wrong + 1);
    if (!(await isPin(pin, stored))) {
      const wrong: Row = this.#rowOf(row.wrong + 1);
      this.#row = wrong;
      this.#confirmations.refuse("pin_wrong");
      return { kind: "wrong", waitMs: waitAfterMs(wrong.wrong) };
    }
    await this.#count(0);
    if (!this.#started) throw stopped();
    return { kind: this.#confirmations.confirm() ? "confirmed" : "nobody_in_view" };
  }

  async #readPin(): Promise<StoredPin> {
    try {
      return await readStoredPin(this.#stateDir);
    } catch (error) {
      this.#readFault = asUnavailable(error);
      throw error;
    }
  }

  async #count(wrong: number): Promise<void> {
    try {
      await writeWrongPins(this.#stateDir, wrong);
      this.#countFault = null;
    } catch (error) {
      this.#countFault = asUnavailable(error);
      throw error;
    }
    this.#row = this.#rowOf(wrong);
  }

  /** The wait counts from now. */
  #rowOf(wrong: number): Row {
    return { wrong, waitUntilMs: this.#clock.nowMs() + waitAfterMs(wrong) };
  }

  /** Looks whether PINs can be judged, now and again and again. */
  async #look(): Promise<void> {
    let fault: FacelatchError | null = null;
    try {
      await readStoredPin(this.#stateDir);
      this.#row ??= this.#rowOf(await readWrongPins(this.#stateDir));
    } catch (error) {
      fault = asUnavailable(error);
    }
    if (!this.#started) return;
    this.#readFault = fault;
    this.#cancelLook();
    this.#cancelLook = this.#clock.after(lookIntervalMs, () => void this.#look());
  }
}

function stopped(): FacelatchError {
  return new FacelatchError("SECOND_STEP_UNAVAILABLE", {
    expected: "a second step that was started",
    found: "one that was not, or that ended",
    next: "Try again.",
  });
}

function asUnavailable(error: unknown): FacelatchError {
  if (error instanceof FacelatchError) return error;
  return new FacelatchError("SECOND_STEP_UNAVAILABLE", {
    expected: "files that can be read",
    found: messageOf(error),
    next: "See the log.",
    cause: error,
  });
}
