// Flashing to this machine: every check of a device, on this machine's own runtime, then the trial.
import { thisTarget } from "../device/slots/compatibility.ts";
import { openUpdates } from "../device/slots/open-updates.ts";
import { trustedKeysFolder } from "../device/slots/trusted-keys.ts";
import type { UpdateStatus } from "../device/slots/updates.ts";
import { checkInChild } from "../device/vision/check-in-child.ts";

/** Puts a bundle on trial. Throws by the name of the check that failed; then the bundle in use stays. */
export async function flash(archivePath: string, stateDir: string): Promise<UpdateStatus> {
  const updates = openUpdates({
    stateDir,
    trustedKeys: [trustedKeysFolder(stateDir)],
    target: await thisTarget(),
    accept: checkInChild,
  });
  return updates.install(archivePath);
}
