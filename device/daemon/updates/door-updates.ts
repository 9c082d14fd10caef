// The engine of updates as a door's configuration wants it: for the daemon, and for commands on the same board.
import type { Config } from "../../config/config.ts";
import { type Target, thisTarget } from "../../slots/compatibility.ts";
import { type DaemonUpdates, openUpdates, type UpdatesOptions } from "../../slots/open-updates.ts";
import { trustedKeysFolder } from "../../slots/trusted-keys.ts";
import { checkInChild } from "../../vision/check-in-child.ts";

/** What bundles must be made for; `updates.board` stands above what the device tree names. */
export async function targetOf({ updates }: Config): Promise<Target> {
  const target = await thisTarget();
  return updates.board === null ? target : { ...target, board: updates.board };
}

/** @param daemon what the daemon adds; asked only after all of it was opened */
export function openDoorUpdates(
  config: Config,
  target: Target,
  daemon: Pick<UpdatesOptions, "trialProgress" | "onRefused"> = {},
): DaemonUpdates {
  const { stateDir, vision, updates } = config;
  const limits = { threads: vision.threads, startTimeoutMs: vision.startTimeoutMs, frameMaxMs: updates.frameMaxMs };
  return openUpdates({
    ...{ stateDir, target, ...daemon },
    ownerLabel: config.owner.label,
    trustedKeys: [trustedKeysFolder(stateDir), ...(updates.trustedKeysDir === null ? [] : [updates.trustedKeysDir])],
    trialStartsMax: updates.trialStartsMax,
    accept: (folder, manifest) => checkInChild(folder, manifest, limits),
  });
}
