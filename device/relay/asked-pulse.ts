// A pulse as the daemon sees it: asked of a guard, over or failed, and the pause after it whatever became of the guard.
import type { FacelatchError } from "../errors/errors.ts";
import { pulseRefused } from "./pulse-refused.ts";
import type { RelayLimits } from "./relay.ts";

interface Flight {
  readonly seq: number;
  readonly onActive: () => void;
  readonly resolve: () => void;
  readonly reject: (error: FacelatchError) => void;
}

export class AskedPulse {
  readonly #limits: RelayLimits;
  #flight: Flight | null = null;
  #active = false;
  /** Before this time, no pulse: a new guard does not know when the last one of its predecessor ended. */
  #pauseEndsAtMs = 0;

  constructor(limits: RelayLimits) {
    this.#limits = limits;
  }

  /** Whether the line is, or may be, active: from the request until somebody says that the line is inactive. */
  get isActive(): boolean {
    return this.#active;
  }

  /** Throws RELAY_REFUSED beside another pulse, and in the pause after one. */
  refuseUnlessAllowed(): void {
    const leftMs = Math.ceil(this.#pauseEndsAtMs - performance.now());
    if (!this.#active && leftMs <= 0) return;
    throw pulseRefused(this.#limits, this.#active ? "a line that is active already" : `${leftMs} ms left of the pause`);
  }

  /** Request `seq` was sent; settles when the pulse is over. */
  ask(seq: number, onActive: () => void): Promise<void> {
    this.#active = true;
    return new Promise<void>((resolve, reject) => {
      this.#flight = { seq, onActive, resolve, reject };
    });
  }

  began(seq: number): void {
    if (this.#flight?.seq === seq) this.#flight.onActive();
  }

  over(seq: number): void {
    this.#endActive();
    if (this.#flight?.seq === seq) this.#take()?.resolve();
  }

  /** The guard drove nothing. */
  refused(seq: number, found: string): void {
    this.#active = false;
    if (this.#flight?.seq === seq) this.#take()?.reject(pulseRefused(this.#limits, found));
  }

  /** The pulse is not to be waited for; whether the line is inactive is not known. */
  failed(error: FacelatchError): void {
    this.#take()?.reject(error);
  }

  /** The line is inactive: this ends a pulse early, which is followed by the pause all the same. */
  lineIsInactive(): void {
    this.#endActive();
    this.#take()?.resolve();
  }

  #endActive(): void {
    if (this.#active) this.#pauseEndsAtMs = performance.now() + this.#limits.gapMinMs;
    this.#active = false;
  }

  #take(): Flight | null {
    const flight = this.#flight;
    this.#flight = null;
    return flight;
  }
}
