// Records what came of the second step, and no more often than so that a flood cannot push everything else out.
import type { NewEvent } from "./events/events.ts";
import type { SecondStep, StepRefusal } from "./second-step/second-step.ts";

const windowMs = 60_000;
/** Of each type. */
const eventsInWindowMax = 10;

const refusalMessages: Record<StepRefusal, string> = {
  pin_wrong: "The PIN was wrong.",
  pin_wait: "A PIN came within the wait after wrong ones, and was not looked at.",
};

type StepEvent = Extract<NewEvent["type"], `second_step.${string}`>;

interface Window {
  readonly startedAtMs: number;
  recorded: number;
  unrecorded: number;
}

export class SecondStepJournal {
  readonly #record: (event: NewEvent) => void;
  readonly #nowMs: () => number;
  readonly #windows = new Map<StepEvent, Window>();

  constructor(record: (event: NewEvent) => void, nowMs: () => number) {
    this.#record = record;
    this.#nowMs = nowMs;
  }

  /**
   * Hands each confirmation on, and records those that count, and every refusal.
   *
   * @param confirm returns whether it counts
   */
  follow(step: SecondStep, confirm: () => boolean): void {
    step.onConfirmed(() => {
      const counts = confirm();
      if (counts) this.#push("second_step.confirmed", null, `Confirmed by the second step (${step.status().adapter}).`);
      return counts;
    });
    step.onRefused((reason) => this.#push("second_step.refused", reason, refusalMessages[reason]));
  }

  #push(type: StepEvent, reason: StepRefusal | null, message: string): void {
    const nowMs = this.#nowMs();
    const before = this.#windows.get(type);
    const isOver = before === undefined || nowMs - before.startedAtMs >= windowMs;
    const window = isOver ? { startedAtMs: nowMs, recorded: 0, unrecorded: before?.unrecorded ?? 0 } : before;
    this.#windows.set(type, window);
    if (window.recorded >= eventsInWindowMax) {
      window.unrecorded++;
      return;
    }
    const { unrecorded } = window;
    window.recorded++;
    window.unrecorded = 0;
    this.#record({
      type,
      monotonicMs: nowMs,
      reason,
      message,
      data: unrecorded === 0 ? {} : { unrecorded },
    });
  }
}
