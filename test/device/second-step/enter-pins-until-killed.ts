// A process that enters wrong PINs, one after the other, and reports each answer, until its parent kills it.
import { PinStep } from "../../../device/second-step/pin-step.ts";
import { wrongPin } from "./pins.ts";

const step = new PinStep({ stateDir: process.argv[2]! });

async function enterOne(): Promise<void> {
  const { kind } = await step.enter(wrongPin);
  process.send?.(kind);
  if (kind === "wrong") setImmediate(() => void enterOne());
}

await step.start();
void enterOne();
