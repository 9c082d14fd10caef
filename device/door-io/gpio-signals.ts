// LED and buzzer on GPIO lines: each plays a pattern by timers of its own, and a line that fails is tried again.
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { messageOf } from "../errors/errors.ts";
import { type CdevOutput, type CdevSource, requestCdevOutput } from "../gpio/gpio.ts";
import type { DoorSignals, LineFault, OutputName } from "./door-io.ts";
import { type Led, ledPatterns, levelAt, type Pattern, type Sound, soundPatterns } from "./signal-patterns.ts";

export interface OutputLineSettings {
  readonly chipLabel: string;
  readonly line: number;
  readonly activeLow: boolean;
}

export interface GpioSignalsOptions {
  /** Null for an output that there is not. */
  readonly lines: Readonly<Record<OutputName, OutputLineSettings | null>>;
  readonly source?: CdevSource;
  readonly clock?: TimerClock;
}

const retryMs = 5_000;

export class GpioSignals implements DoorSignals {
  readonly #led: SignalLine | null;
  readonly #buzzer: SignalLine | null;
  #shown: Led | null = null;

  constructor({ lines, source = {}, clock = monotonicClock }: GpioSignalsOptions) {
    const open = (name: OutputName): SignalLine | null => {
      const settings = lines[name];
      return settings === null ? null : new SignalLine(name, settings, source, clock);
    };
    this.#led = open("led");
    this.#buzzer = open("buzzer");
  }

  start(): void {
    this.#led?.start();
    this.#buzzer?.start();
  }

  stop(): void {
    this.#shown = null;
    this.#led?.stop();
    this.#buzzer?.stop();
  }

  faults(): readonly LineFault[] {
    return [this.#led, this.#buzzer].map((line) => line?.fault ?? null).filter((fault) => fault !== null);
  }

  show(led: Led): void {
    if (led === this.#shown) return;
    this.#shown = led;
    this.#led?.play(ledPatterns[led]);
  }

  sound(sound: Sound): void {
    this.#buzzer?.play(soundPatterns[sound]);
  }
}

class SignalLine {
  readonly #name: OutputName;
  readonly #settings: OutputLineSettings;
  readonly #source: CdevSource;
  readonly #clock: TimerClock;
  #started = false;
  #output: CdevOutput | null = null;
  #message: string | null = null;
  #pattern: Pattern | null = null;
  #beganAtMs = 0;
  #cancelTurn: () => void = () => {};
  #cancelRetry: () => void = () => {};

  constructor(name: OutputName, settings: OutputLineSettings, source: CdevSource, clock: TimerClock) {
    this.#name = name;
    this.#settings = settings;
    this.#source = source;
    this.#clock = clock;
  }

  get fault(): LineFault | null {
    const message = this.#message;
    return message === null ? null : { line: this.#name, code: "DOOR_LINE_UNAVAILABLE", message };
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#take();
  }

  stop(): void {
    this.#started = false;
    this.#message = null;
    this.#pattern = null;
    this.#cancelTurn();
    this.#cancelRetry();
    this.#release();
  }

  play(pattern: Pattern): void {
    this.#pattern = pattern;
    this.#beganAtMs = this.#clock.nowMs();
    this.#turn();
  }

  #take(): void {
    const own = { user: "DOOR_LINE_UNAVAILABLE", consumer: `facelatch-${this.#name}` } as const;
    try {
      this.#output = requestCdevOutput({ ...this.#settings, ...this.#source, ...own });
      this.#message = null;
      this.#turn();
    } catch (error) {
      this.#lose(error);
    }
  }

  #turn(): void {
    this.#cancelTurn();
    if (this.#output === null || this.#pattern === null) return;
    const elapsedMs = this.#clock.nowMs() - this.#beganAtMs;
    const { level, untilMs } = levelAt(this.#pattern, elapsedMs);
    try {
      this.#output.write(level);
    } catch (error) {
      this.#lose(error);
      return;
    }
    if (untilMs !== null) this.#cancelTurn = this.#clock.after(untilMs - elapsedMs, () => this.#turn());
  }

  #lose(error: unknown): void {
    this.#release();
    if (!this.#started) return;
    this.#message = messageOf(error);
    this.#cancelRetry();
    this.#cancelRetry = this.#clock.after(retryMs, () => this.#take());
  }

  /** Off first: a kernel may keep an output as it was. */
  #release(): void {
    const output = this.#output;
    this.#output = null;
    for (const end of [() => output?.write(0), () => output?.release()]) {
      try {
        end();
      } catch {
        // What cannot be written is told where it happened first.
      }
    }
  }
}
