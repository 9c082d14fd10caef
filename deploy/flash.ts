// Flashing to this machine: verification, the golden images on this runtime, then the switch.
import type { OpenedBundle } from "../device/slots/open-bundle.ts";
import { installBundle } from "../device/slots/slots.ts";
import { checkGoldenAnswers } from "../device/vision/check-golden.ts";

/** Installs a bundle. Throws by the name of the check that failed; then the bundle in use stays. */
export async function flash(archivePath: string, stateDir: string): Promise<OpenedBundle> {
  return installBundle(stateDir, archivePath, checkGoldenAnswers);
}
