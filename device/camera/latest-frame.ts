// A slot for one frame: the newest replaces the one that nobody took, and a picture that repeats is noticed.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Frame } from "./camera.ts";

interface Waiter {
  readonly give: (frame: Frame) => void;
}

/** What every camera adapter delivers through: it numbers, digests and counts frames, and holds the newest. */
export class LatestFrame {
  readonly #frozenAfterFrames: number;
  #frame: Frame | null = null;
  #waiter: Waiter | null = null;
  #seq = 0;
  #dropped = 0;
  #digest = "";
  #equalInARow = 0;

  /** @param frozenAfterFrames this many equal frames in a row mean a frozen camera; Infinity where repetition is fine */
  constructor(frozenAfterFrames: number) {
    assert.ok(frozenAfterFrames >= 2, "one frame cannot repeat itself");
    this.#frozenAfterFrames = frozenAfterFrames;
  }

  get framesTotal(): number {
    return this.#seq;
  }

  get framesDropped(): number {
    return this.#dropped;
  }

  /** Whether the last frames were all the same picture, bit for bit. */
  get frozen(): boolean {
    return this.#equalInARow >= this.#frozenAfterFrames;
  }

  /**
   * Takes a frame in: to the caller that waits, or into the slot.
   *
   * @param jpeg kept, not copied
   * @param nowMs when its last byte arrived, on the monotonic clock
   */
  put(jpeg: Uint8Array, nowMs: number): void {
    const digest = createHash("sha256").update(jpeg).digest("hex");
    this.#equalInARow = digest === this.#digest ? this.#equalInARow + 1 : 1;
    this.#digest = digest;
    this.#seq++;
    const frame: Frame = { seq: this.#seq, jpeg, capturedAtMs: nowMs, digest };
    if (this.#waiter !== null) {
      this.#waiter.give(frame);
      return;
    }
    if (this.#frame !== null) this.#dropped++;
    this.#frame = frame;
  }

  /** The newest frame that was not returned before, as `Camera.next` promises. */
  async next(signal: AbortSignal): Promise<Frame> {
    assert.ok(this.#waiter === null, "next() was called while another call waits");
    signal.throwIfAborted();
    const frame = this.#frame;
    this.#frame = null;
    if (frame !== null) return frame;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiter = null;
        reject(signal.reason);
      };
      const give = (given: Frame): void => {
        this.#waiter = null;
        signal.removeEventListener("abort", onAbort);
        resolve(given);
      };
      this.#waiter = { give };
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Forgets the frame that nobody took, so that no caller gets a picture from before a fault or a stop. */
  clear(): void {
    if (this.#frame !== null) this.#dropped++;
    this.#frame = null;
  }

  /** Counts anew, for a camera that starts again; a caller that waits goes on waiting. */
  reset(): void {
    this.#frame = null;
    this.#seq = 0;
    this.#dropped = 0;
    this.#digest = "";
    this.#equalInARow = 0;
  }
}
