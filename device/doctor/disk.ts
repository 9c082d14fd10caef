// The disk of the state folder: writable, with space left, and how worn it is where it tells.
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

const mib = 1024 ** 2;
/** Below this the daemon soon has no space for the record of openings. */
const freeErrorBytes = 64 * mib;
/** An update brings a bundle beside the ones that are there, and logs and pictures grow. */
const freeWarningBytes = 512 * mib;

/** Steps of a tenth of the life in which the device is to last; 0x0b says that it is over. */
const wornFrom = 0x09;
const spentFrom = 0x0b;

export function checkDisk(place: Place): Finding[] {
  const wear = checkWear(place);
  if (place.config === null) return wear;
  const { stateDir } = place.config;
  const stats = place.stat(stateDir);
  if (stats === null) {
    const next = "Start the daemon once, or install the release: either makes it.";
    return [error(`There is no state folder ${stateDir}.`, next), ...wear];
  }
  return [...checkMount(place, stateDir), ...checkSpace(place, stateDir), ...wear];
}

function checkMount({ text, isLive }: Place, stateDir: string): Finding[] {
  if (!isLive) return [];
  const mounts = (text("/proc/self/mounts") ?? "").split("\n").map((line) => line.split(" "));
  for (let folder = stateDir; ; folder = dirname(folder)) {
    // Of several on one folder the last one counts.
    const mount = mounts.findLast(([, place]) => place === folder);
    if (mount !== undefined) {
      if (!(mount[3] ?? "").split(",").includes("ro")) return [];
      const next = "sudo mount -o remount,rw on it; where the kernel made it so, the card is failing: replace it.";
      return [error(`${stateDir} lies on ${folder}, which can only be read.`, next)];
    }
    if (folder === dirname(folder)) return [];
  }
}

function checkSpace({ at }: Place, stateDir: string): Finding[] {
  const { bavail, blocks, bsize } = statfsSync(at(stateDir));
  const freeBytes = bavail * bsize;
  const found = `${Math.floor(freeBytes / mib)} MiB of ${Math.floor((blocks * bsize) / mib)} are free at ${stateDir}.`;
  const next = "Free space there: older releases, the journal (sudo journalctl --vacuum-size=100M), packages.";
  if (freeBytes < freeErrorBytes) return [error(found, next)];
  return [freeBytes < freeWarningBytes ? warning(found, next) : ok(found)];
}

/** eMMC tells how much of its life is used, in tenths, for its two kinds of cells; SD cards tell nothing. */
function checkWear({ names, text }: Place): Finding[] {
  const findings: Finding[] = [];
  for (const name of names("/sys/block").filter((block) => /^mmcblk\d+$/.test(block))) {
    const device = `/sys/block/${name}/device`;
    const steps = (text(`${device}/life_time`) ?? "")
      .split(/\s+/)
      .map(Number)
      .filter((step) => step > 0);
    const isSpare = Number(text(`${device}/pre_eol_info`) ?? 0);
    if (steps.length === 0 && isSpare === 0) {
      findings.push(ok(`${name} does not tell how worn it is, as SD cards don't.`));
      continue;
    }
    const step = Math.max(0, ...steps);
    const found = `${name} has used ${step >= spentFrom ? "all" : `up to ${step * 10} %`} of its life${isSpare > 1 ? ", and most of its spare blocks" : ""}.`;
    if (step >= spentFrom || isSpare > 2)
      findings.push(error(found, "Replace it now, with a copy of the state folder."));
    else if (step >= wornFrom || isSpare > 1) findings.push(warning(found, "Plan to replace it."));
    else findings.push(ok(found));
  }
  return findings;
}
