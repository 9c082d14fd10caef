// PINs on disk for tests: with the cheapest hash that is allowed, as most tests make many.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PinCost, setPin } from "../../../device/second-step/pin-file.ts";

export const rightPin = "90417263";
export const wrongPin = "90417264";

const cheapest: PinCost = { cost: 16_384, blockSize: 8, parallelism: 1 };

export interface Ending {
  after: (end: () => unknown) => void;
}

export function setCheapPin(stateDir: string, pin = rightPin): Promise<void> {
  return setPin(stateDir, pin, cheapest);
}

/** A folder that goes away with the test. */
export async function temporaryFolder(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-pin-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A state directory whose PIN is `rightPin`. */
export async function stateWithPin(t: Ending): Promise<string> {
  const folder = await temporaryFolder(t);
  await setCheapPin(folder);
  return folder;
}
