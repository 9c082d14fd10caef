// How a bundle on trial proves itself: fresh frames and time without a fault; pure, so that every course can be played.
import type { UpdateStatus } from "./updates.ts";

export interface TrialLimits {
  /** Frames that the models looked at. */
  readonly framesNeeded: number;
  /** The least time without a restart. */
  readonly trialMs: number;
  /** What has not proved itself after so long is taken back. */
  readonly trialMaxMs: number;
  /** So many faults of the vision process end it. */
  readonly faultsMax: number;
  /** Most frames must take less. */
  readonly frameMaxMs: number;
}

export type TrialVerdict =
  | { readonly kind: "open" }
  | { readonly kind: "proved" }
  | { readonly kind: "failed"; readonly code: string; readonly reason: string };

/** Fewer frames say nothing about speed. */
const framesForSpeed = 5;

export class Trial {
  readonly sha256: string;
  readonly #limits: TrialLimits;
  readonly #startMs: number;
  #frames = 0;
  #slowFrames = 0;
  #slowestMs = 0;
  #faults = 0;
  #failed: Extract<TrialVerdict, { kind: "failed" }> | null = null;

  /** @param nowMs on a monotonic clock, as all times here */
  constructor(sha256: string, limits: TrialLimits, nowMs: number) {
    this.sha256 = sha256;
    this.#limits = limits;
    this.#startMs = nowMs;
  }

  /** A fresh frame on which the bundle's models ran, and how long it took. */
  noteFrame(frameMs: number): void {
    this.#frames++;
    if (frameMs <= this.#limits.frameMaxMs) return;
    this.#slowFrames++;
    this.#slowestMs = Math.max(this.#slowestMs, frameMs);
  }

  /** The vision process ended, hung, or gave no usable answer with this bundle. */
  noteFault(code: string, reason: string): void {
    this.#faults++;
    if (this.#faults >= this.#limits.faultsMax) this.fail(code, `${this.#faults} faults, the last: ${reason}`);
  }

  /** Something after which there is nothing to wait for. */
  fail(code: string, reason: string): void {
    this.#failed ??= { kind: "failed", code, reason };
  }

  verdict(nowMs: number): TrialVerdict {
    if (this.#failed !== null) return this.#failed;
    const { framesNeeded, trialMs, trialMaxMs, frameMaxMs } = this.#limits;
    if (this.#slowFrames >= framesForSpeed && this.#slowFrames * 2 > this.#frames) {
      const reason = `${this.#slowFrames} of ${this.#frames} frames took more than ${frameMaxMs} ms, the slowest ${Math.round(this.#slowestMs)} ms`;
      return { kind: "failed", code: "BUNDLE_TOO_SLOW", reason };
    }
    const elapsedMs = nowMs - this.#startMs;
    if (this.#frames >= framesNeeded && elapsedMs >= trialMs) return { kind: "proved" };
    if (elapsedMs < trialMaxMs) return { kind: "open" };
    const reason = `${this.#frames} of ${framesNeeded} fresh frames within ${Math.round(trialMaxMs / 1000)} s`;
    return { kind: "failed", code: "TRIAL_NOT_FINISHED", reason };
  }

  progress(nowMs: number): NonNullable<UpdateStatus["trial"]> {
    const { framesNeeded, trialMs } = this.#limits;
    return {
      freshFrames: this.#frames,
      freshFramesNeeded: framesNeeded,
      remainingMs: Math.max(0, Math.round(trialMs - (nowMs - this.#startMs))),
    };
  }
}
