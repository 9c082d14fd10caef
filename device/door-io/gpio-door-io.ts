// The door's inputs on GPIO lines: what they read goes through the pure state, and comes out as events and a status.
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import type { CdevSource, InputLineSettings } from "../gpio/gpio.ts";
import {
  type DoorIo,
  type DoorIoListeners,
  type DoorIoStatus,
  type InputName,
  inputNames,
  type LineFault,
  type TamperBlock,
} from "./door-io.ts";
import { DoorLine } from "./door-line.ts";
import {
  type DoorInput,
  type DoorPolicy,
  dueAtMs,
  initialDoorState,
  statusOf,
  stepDoor,
  tamperBlockOf,
} from "./door-state.ts";

export interface GpioDoorIoOptions extends DoorIoListeners {
  /** Null for an input that there is not. */
  readonly lines: Readonly<Record<InputName, InputLineSettings | null>>;
  readonly limits: Omit<DoorPolicy, "inputs">;
  readonly debounceMs: number;
  readonly source?: CdevSource;
  readonly clock?: TimerClock;
}

export class GpioDoorIo implements DoorIo {
  readonly #options: GpioDoorIoOptions;
  readonly #policy: DoorPolicy;
  readonly #clock: TimerClock;
  readonly #lines: readonly DoorLine[];
  #state = initialDoorState();
  #told: { tamper: TamperBlock; readonly faulty: Set<string> };
  #cancelDue: () => void = () => {};

  constructor(options: GpioDoorIoOptions) {
    const { lines, limits, debounceMs, source = {}, clock = monotonicClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#policy = { ...limits, inputs: inputNames.filter((name) => lines[name] !== null) };
    this.#lines = this.#policy.inputs.map(
      (name) =>
        new DoorLine({
          ...lines[name]!,
          ...{ name, debounceMs, clock, source },
          onReading: (active, sinceMs) => this.#step({ type: "reading", line: name, active, sinceMs }),
        }),
    );
    this.#told = { tamper: this.tamperBlock(), faulty: new Set() };
  }

  async start(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.start()));
    this.#tellFaults();
  }

  async stop(): Promise<void> {
    this.#cancelDue();
    for (const line of this.#lines) line.stop();
  }

  status(): DoorIoStatus {
    return { ...statusOf(this.#state, this.#clock.nowMs(), this.#policy), faults: this.#faults() };
  }

  tamperBlock(): TamperBlock {
    return tamperBlockOf(this.#state, this.#policy);
  }

  notePulse(active: boolean): void {
    this.#step({ type: "pulse", active });
  }

  #step(input: DoorInput): void {
    const nowMs = this.#clock.nowMs();
    const [state, notices] = stepDoor(this.#state, input, nowMs, this.#policy);
    this.#state = state;
    for (const { data, ...notice } of notices) {
      this.#options.onEvent({ ...notice, data: { ...data }, monotonicMs: nowMs });
    }
    const tamper = this.tamperBlock();
    if (tamper !== this.#told.tamper) {
      this.#told.tamper = tamper;
      this.#options.onTamper(tamper);
    }
    if (input.type === "reading") this.#tellFaults();
    this.#cancelDue();
    const dueMs = dueAtMs(state, this.#policy);
    if (dueMs !== null)
      this.#cancelDue = this.#clock.after(Math.max(0, dueMs - nowMs), () => this.#step({ type: "time" }));
  }

  #faults(): LineFault[] {
    return this.#lines.map((line) => line.fault()).filter((fault) => fault !== null);
  }

  /** Once for each line that begins to fail, and once when it can be read again. */
  #tellFaults(): void {
    const { faulty } = this.#told;
    const faults = new Map(this.#faults().map((fault) => [fault.line as string, fault]));
    const monotonicMs = this.#clock.nowMs();
    for (const [line, { code, message }] of faults) {
      if (faulty.has(line)) continue;
      faulty.add(line);
      const told = { type: "door.line_fault", reason: code, message: message.slice(0, 500), data: { line } } as const;
      this.#options.onEvent({ ...told, monotonicMs });
    }
    for (const line of faulty) {
      if (faults.has(line)) continue;
      faulty.delete(line);
      const message = `The line ${line} can be read again.`;
      this.#options.onEvent({ type: "door.line_recovered", reason: null, message, data: { line }, monotonicMs });
    }
  }
}
