// The kernel: new enough for GPIO character devices, and whether it keeps an output driven when its owner is killed.
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

/** Version 2 of the interface came with it. */
const oldestKernel = [5, 10] as const;

/** The drivers of the Raspberry Pi's pins that have the parameter. */
const pinDrivers = ["pinctrl_bcm2835", "pinctrl_rp1"] as const;
const parameter = "persist_gpio_outputs";

export function checkKernel(place: Place): Finding[] {
  return [...checkVersion(place), ...checkOutputs(place)];
}

function checkVersion({ text }: Place): Finding[] {
  const release = text("/proc/sys/kernel/osrelease");
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? "") ?? [];
  if (release === null || major === undefined) {
    return [warning("The kernel does not tell its version.", "Check that /proc is mounted.")];
  }
  const [oldestMajor, oldestMinor] = oldestKernel;
  const isNewEnough = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  if (isNewEnough) return [ok(`Linux ${release}.`)];
  const next = "Update the system, or set relay.kind to onoff.";
  return [error(`Linux ${release} is older than ${oldestKernel.join(".")}, which GPIO character devices need.`, next)];
}

function checkOutputs({ text }: Place): Finding[] {
  return pinDrivers.flatMap((driver) => {
    const value = text(`/sys/module/${driver}/parameters/${parameter}`);
    if (value === null) return [];
    if (value === "N" || value === "0") return [ok(`${driver} releases an output whose owner ends.`)];
    return [
      warning(
        `${driver} keeps an output driven whose owner is killed (${parameter}=${value}): if daemon and guard are killed at once, the relay stays on until the unit's ExecStopPost.`,
        `Add ${driver}.${parameter}=0 to the line in /boot/firmware/cmdline.txt, and restart the board.`,
      ),
    ];
  });
}
