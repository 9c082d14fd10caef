// The rules of a pulse, shared by every relay adapter: one at a time, bounded, and inactive at its end whatever fails.
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { pulseRefused } from "./pulse-refused.ts";
import type { RelayLimits, RelayStatus } from "./relay.ts";

/**
 * Drives the line: 1 is active, 0 inactive, whatever voltage that is. Throws when the line cannot be driven.
 *
 * @param pulseMs how long the pulse is meant to be
 */
export type WriteLevel = (level: 0 | 1, pulseMs: number) => void;

/** A line that could not be driven inactive is tried again this often, without end while the relay runs. */
export const retryMs = 20;
/** The attempts that `stop` makes before it gives the line up. */
const stopAttemptsMax = 25;

interface RunningPulse {
  readonly resolve: () => void;
  readonly reject: (error: FacelatchError) => void;
}

/** Times the pulses of one line. Until `start`, and after `stop`, it refuses every pulse. */
export class PulseTimer {
  readonly #line: string;
  readonly #limits: RelayLimits;
  readonly #clock: TimerClock;
  readonly #selfEndMs: number;
  #pulseMs: number;
  #write: WriteLevel | null = null;
  /** From just before the active level is written until the inactive level was written without an error. */
  #active = false;
  #pulses = 0;
  #fault: RelayStatus["fault"] = null;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #pulse: RunningPulse | null = null;
  #cancelTimer: () => void = () => {};

  /**
   * @param line what is driven, in words, for messages
   * @param selfEndMs within so long after a pulse's length the line ends it by itself; 0 for one that does not
   */
  constructor(line: string, limits: RelayLimits, clock: TimerClock = monotonicClock, selfEndMs = 0) {
    this.#line = line;
    this.#limits = limits;
    this.#clock = clock;
    this.#selfEndMs = selfEndMs;
    this.#pulseMs = limits.pulseMs;
  }

  get status(): Pick<RelayStatus, "active" | "pulses" | "fault"> {
    return { active: this.#active, pulses: this.#pulses, fault: this.#fault };
  }

  /** Whether it drives a line at present. */
  get started(): boolean {
    return this.#write !== null;
  }

  /**
   * Takes the line over and drives it inactive.
   *
   * @throws FacelatchError RELAY_UNAVAILABLE
   */
  start(write: WriteLevel): void {
    if (!this.#tryWrite(write, 0)) throw this.#unavailable(this.#fault?.message ?? "");
    this.#fault = null;
    this.#active = false;
    this.#write = write;
  }

  /**
   * One pulse, as `Relay.pulse` promises, of `pulseMs` where the limits' own length is not meant. A line that fails at
   * the pulse's end rejects it and goes on being tried.
   */
  async pulse(pulseMs: number = this.#limits.pulseMs, onActive: () => void = () => undefined): Promise<void> {
    const write = this.#write;
    if (write === null) throw this.#unavailable("a relay that was not started");
    this.#refuseUnlessAllowed(pulseMs);
    this.#active = true;
    this.#pulseMs = pulseMs;
    this.#startedAtMs = this.#clock.nowMs();
    if (!this.#tryWrite(write, 1)) {
      const found = this.#fault?.message ?? "";
      // The failed write may have reached the line all the same.
      this.#driveInactive();
      throw this.#unavailable(found);
    }
    this.#pulses++;
    await new Promise<void>((resolve, reject) => {
      this.#pulse = { resolve, reject };
      this.#cancelTimer = this.#clock.after(pulseMs + this.#selfEndMs, () => this.#driveInactive());
      onActive();
    });
  }

  /** Ends a running pulse early, as its time's end does. */
  relock(): void {
    if (this.#pulse === null) return;
    this.#cancelTimer();
    this.#driveInactive();
  }

  /**
   * Drives the line inactive, which ends a running pulse early, and lets go of it.
   *
   * @throws FacelatchError RELAY_UNAVAILABLE when the line could not be driven inactive in many attempts
   */
  async stop(): Promise<void> {
    const write = this.#write;
    if (write === null) return;
    this.#write = null;
    this.#cancelTimer();
    for (let attempt = 1; !this.#tryWrite(write, 0); attempt++) {
      if (attempt === stopAttemptsMax) throw this.#endPulse(this.#unavailable(this.#fault?.message ?? ""));
      await new Promise<void>((resolve) => this.#clock.after(retryMs, resolve));
    }
    this.#becomeInactive();
  }

  #refuseUnlessAllowed(pulseMs: number): void {
    const { pulseMaxMs, gapMinMs } = this.#limits;
    const nowMs = this.#clock.nowMs();
    let found = "";
    if (this.#active) found = "a line that is active already";
    // Written so that a value which is not a number is refused.
    else if (!(pulseMs > 0 && pulseMs <= pulseMaxMs)) found = `a pulse of ${pulseMs} ms`;
    else if (!(nowMs - this.#endedAtMs >= gapMinMs)) found = `${Math.floor(nowMs - this.#endedAtMs)} ms since the last`;
    if (found !== "") throw pulseRefused(this.#limits, found);
  }

  /** Ends the active period, now or as soon as the line lets it. */
  #driveInactive(): void {
    if (this.#write === null) return;
    if (this.#tryWrite(this.#write, 0)) {
      this.#becomeInactive();
      return;
    }
    this.#endPulse(this.#unavailable(this.#fault?.message ?? ""));
    this.#cancelTimer = this.#clock.after(retryMs, () => this.#driveInactive());
  }

  #becomeInactive(): void {
    if (this.#active) this.#noteEnd(this.#clock.nowMs());
    this.#active = false;
    this.#pulse?.resolve();
    this.#pulse = null;
  }

  /** This process's own loop timed the pulse: when it was held up, that must be known. */
  #noteEnd(nowMs: number): void {
    this.#endedAtMs = nowMs;
    const lengthMs = Math.round(nowMs - this.#startedAtMs);
    if (lengthMs <= this.#limits.pulseMaxMs + this.#selfEndMs) return;
    const message = `The last pulse lasted ${lengthMs} ms; at most ${this.#limits.pulseMaxMs} ms are allowed.`;
    this.#fault = { code: "RELAY_UNAVAILABLE", message };
  }

  #endPulse(error: FacelatchError): FacelatchError {
    this.#pulse?.reject(error);
    this.#pulse = null;
    return error;
  }

  /** The fault stays until the line took its next active level: an inactive one alone does not show that it works. */
  #tryWrite(write: WriteLevel, level: 0 | 1): boolean {
    try {
      write(level, this.#pulseMs);
      if (level === 1) this.#fault = null;
      return true;
    } catch (error) {
      this.#fault = { code: "RELAY_UNAVAILABLE", message: messageOf(error) };
      return false;
    }
  }

  #unavailable(found: string): FacelatchError {
    return new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `a line that can be driven (${this.#line})`,
      found,
      next: "Check the relay's settings, its wiring and the permissions of the GPIO files.",
    });
  }
}
