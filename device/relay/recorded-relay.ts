// A relay without hardware, for demonstrations and tests: it keeps its pulses in memory.
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { PulseTimer } from "./pulse-timer.ts";
import type { Relay, RelayLimits, RelayStatus } from "./relay.ts";

export interface RecordedPulse {
  /** On the monotonic clock, in ms. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface RecordedRelayOptions {
  readonly limits: RelayLimits;
  /** Called when a pulse begins, where a real relay clicks. */
  readonly onPulse?: (startMs: number) => void;
  readonly clock?: TimerClock;
}

const pulsesKeptMax = 1_000;

export class RecordedRelay implements Relay {
  readonly #options: RecordedRelayOptions;
  readonly #clock: TimerClock;
  readonly #timer: PulseTimer;
  readonly #pulses: RecordedPulse[] = [];
  #startMs: number | null = null;

  constructor(options: RecordedRelayOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#timer = new PulseTimer("recorded", options.limits, this.#clock);
  }

  /** The last 1,000 pulses that ended, the oldest first. */
  get pulses(): readonly RecordedPulse[] {
    return this.#pulses;
  }

  async start(): Promise<void> {
    if (!this.#timer.started) this.#timer.start((level) => this.#write(level));
  }

  pulse(onActive?: () => void): Promise<void> {
    return this.#timer.pulse(undefined, onActive);
  }

  relock(): void {
    this.#timer.relock();
  }

  heartbeat(): void {}

  status(): RelayStatus {
    return { adapter: "recorded, no hardware", ...this.#timer.status, guard: null };
  }

  stop(): Promise<void> {
    return this.#timer.stop();
  }

  #write(level: 0 | 1): void {
    if (level === 1) {
      this.#startMs = this.#clock.nowMs();
      this.#options.onPulse?.(this.#startMs);
      return;
    }
    if (this.#startMs === null) return;
    this.#pulses.push({ startMs: this.#startMs, endMs: this.#clock.nowMs() });
    if (this.#pulses.length > pulsesKeptMax) this.#pulses.shift();
    this.#startMs = null;
  }
}
