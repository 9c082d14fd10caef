// Records what came of the second step.

import type { NewEvent } from "../../events/events.ts";
import type { SecondStep, StepRefusal } from "../../second-step/second-step.ts";
import { EventWindow } from "./event-window.ts";

const refusalMessages: Record<StepRefusal, string> = {
  pin_wrong: "The PIN was wrong.",
  pin_wait: "A PIN came within the wait after wrong ones, and was not looked at.",
};

type StepEvent = Extract<NewEvent["type"], `second_step.${string}`>;

export class SecondStepJournal {
  readonly #window: EventWindow;
  readonly #nowMs: () => number;

  constructor(record: (event: NewEvent) => void, nowMs: () => number) {
    this.#window = new EventWindow(record);
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
    this.#window.push({ type, monotonicMs: this.#nowMs(), reason, message, data: {} });
  }
}
