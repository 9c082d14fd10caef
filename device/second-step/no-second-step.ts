// No second step: the face alone decides.
import type { SecondStep, SecondStepStatus } from "./second-step.ts";

export class NoSecondStep implements SecondStep {
  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  status(): SecondStepStatus {
    return { adapter: "none", fault: null, confirmations: 0 };
  }

  onConfirmed(): void {}

  onRefused(): void {}
}
