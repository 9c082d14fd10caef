// Who is told of confirmations and refusals, and how many counted: what all adapters of the second step share.
import type { StepRefusal } from "./second-step.ts";

export class Confirmations {
  #count = 0;
  #confirmed: () => boolean = () => false;
  #refused: (reason: StepRefusal) => void = () => {};

  get count(): number {
    return this.#count;
  }

  onConfirmed(listener: () => boolean): void {
    this.#confirmed = listener;
  }

  onRefused(listener: (reason: StepRefusal) => void): void {
    this.#refused = listener;
  }

  /** Tells of a confirmation; returns whether it counts. */
  confirm(): boolean {
    const counts = this.#confirmed();
    if (counts) this.#count++;
    return counts;
  }

  refuse(reason: StepRefusal): void {
    this.#refused(reason);
  }
}
