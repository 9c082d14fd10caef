// The log's level at run time: another than the configured one counts for a limited time, and never beyond a restart.
import type { LogLevel, NewEvent } from "../events/events.ts";
import { type LogLevelControl, type LogLevelReport, logLevelMinutes, type NewLogLevel } from "./log.ts";

export interface LogLevelSwitchOptions {
  readonly configured: LogLevel;
  /** Whose level it is. */
  readonly logger: { level: string };
  /** Stores an event; never throws. A store that fails is a reason to log more, so the level changes all the same. */
  readonly note: (event: NewEvent) => void;
  readonly wallClock: () => Date;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
}

interface Other {
  readonly level: LogLevel;
  readonly endsAtMs: number;
}

export class LogLevelSwitch implements LogLevelControl {
  readonly #options: LogLevelSwitchOptions;
  #other: Other | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogLevelSwitchOptions) {
    this.#options = options;
  }

  report(): LogLevelReport {
    const { configured, wallClock, nowMs } = this.#options;
    if (this.#other === null) return { level: configured, configured, until: null };
    const { level, endsAtMs } = this.#other;
    // Told by the clock of now, as it may have jumped since; the time itself is monotonic.
    const until = new Date(wallClock().getTime() + Math.max(0, endsAtMs - nowMs())).toISOString();
    return { level, configured, until };
  }

  set({ level, forMinutes = logLevelMinutes.default }: NewLogLevel, by: string): void {
    if (level === this.#options.configured) {
      this.reset(by);
      return;
    }
    const lastsMs = forMinutes * 60_000;
    this.#use({ level, endsAtMs: this.#options.nowMs() + lastsMs });
    this.#timer = setTimeout(() => this.#expire(), lastsMs).unref();
    const time = forMinutes === 1 ? "a minute" : `${forMinutes} minutes`;
    this.#note(`The log level was set to ${level} for ${time} by ${by}.`, { level, forMinutes, by });
  }

  reset(by: string): void {
    if (this.#other === null) return;
    this.#use(null);
    const { configured } = this.#options;
    this.#note(`The log level was set back to ${configured} by ${by}.`, { level: configured, by });
  }

  /** Ends the timer, for a daemon that stops. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #expire(): void {
    this.#use(null);
    const { configured } = this.#options;
    this.#note(`The log level went back to ${configured}, as its time was over.`, { level: configured });
  }

  #use(other: Other | null): void {
    clearTimeout(this.#timer);
    this.#other = other;
    this.#options.logger.level = other?.level ?? this.#options.configured;
  }

  #note(message: string, data: NewEvent["data"]): void {
    const { note, nowMs } = this.#options;
    note({ type: "log_level.changed", monotonicMs: nowMs(), reason: null, message: message.slice(0, 500), data });
  }
}
