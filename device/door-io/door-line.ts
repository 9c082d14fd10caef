// One input at the door: its level once it has stayed, and nothing where it cannot be read or does not come to rest.
import type { TimerClock } from "../clock/clock.ts";
import { FacelatchError } from "../errors/errors.ts";
import { type CdevSource, type InputLineSettings, KeptInput, requestCdevInput, SettledLevel } from "../gpio/gpio.ts";
import type { InputName, LineFault } from "./door-io.ts";

export interface DoorLineOptions extends InputLineSettings {
  readonly name: InputName;
  readonly debounceMs: number;
  readonly clock: TimerClock;
  readonly source: CdevSource;
  /** Told of each reading that is another one; null while there is none. Must not throw. */
  readonly onReading: (active: boolean | null, sinceMs: number) => void;
}

/** A line whose level changes for longer tells nothing. */
export const unrestMaxMs = 3_000;

export class DoorLine {
  readonly #options: DoorLineOptions;
  readonly #input: KeptInput;
  readonly #settled: SettledLevel;
  #reading: boolean | null = null;
  /** Why it tells nothing; stays until it tells something again, as a line that can be taken may fail the next moment. */
  #fault: FacelatchError | null = null;

  constructor(options: DoorLineOptions) {
    this.#options = options;
    const { clock, debounceMs } = options;
    this.#settled = new SettledLevel({
      ...{ debounceMs, clock },
      readLevel: () => this.#input.read(),
      onSettled: (level, sinceMs) => {
        this.#fault = null;
        this.#tell(level === 1, sinceMs);
      },
      onUnsettled: (sinceMs) => {
        if (clock.nowMs() - sinceMs <= unrestMaxMs) return;
        this.#fault = this.#unavailable("a line that does not come to rest");
        this.#tell(null, sinceMs);
      },
    });
    this.#input = new KeptInput({
      open: async ({ edge }) => this.#open(edge),
      clock,
      unavailable: (found, cause) => this.#unavailable(found, cause),
      onEdge: () => this.#settled.edge(),
      onTaken: () => this.#settled.start(),
      onLost: () => {
        this.#settled.stop();
        this.#fault = this.#input.fault;
        this.#tell(null, clock.nowMs());
      },
    });
  }

  start(): Promise<void> {
    return this.#input.start();
  }

  stop(): void {
    this.#input.stop();
    this.#settled.stop();
    this.#reading = null;
    this.#fault = null;
  }

  fault(): LineFault | null {
    const message = this.#fault?.message ?? null;
    return message === null ? null : { line: this.#options.name, code: "DOOR_LINE_UNAVAILABLE", message };
  }

  #open(edge: () => void): ReturnType<typeof requestCdevInput> {
    const { name, chipLabel, line, activeLow, bias, source } = this.#options;
    const own = { user: "DOOR_LINE_UNAVAILABLE", consumer: `facelatch-${name}`, onEdge: edge } as const;
    return requestCdevInput({ chipLabel, line, activeLow, bias, ...source, ...own });
  }

  #tell(active: boolean | null, sinceMs: number): void {
    if (active === this.#reading) return;
    this.#reading = active;
    this.#options.onReading(active, sinceMs);
  }

  #unavailable(found: string, cause?: unknown): FacelatchError {
    const { name, chipLabel, line } = this.#options;
    return new FacelatchError("DOOR_LINE_UNAVAILABLE", {
      expected: `an input that can be read (door.${name}, ${chipLabel} line ${line})`,
      found,
      next: "Check its wiring and its pull resistor; it is tried again by itself.",
      cause,
    });
  }
}
