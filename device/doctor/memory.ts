// The memory: enough of it for the daemon and its models, and some left.
import { memInfoBytes } from "../board/board-files.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

const mib = 1024 ** 2;
/** A Pi Zero 2 W has 512 MiB, of which the firmware takes up to a fifth. */
const totalMinBytes = 400 * mib;

export function checkMemory({ at, config }: Place): Finding[] {
  const path = at(config?.board.memInfoPath ?? "/proc/meminfo");
  const [totalBytes, availableBytes] = [memInfoBytes(path, "MemTotal"), memInfoBytes(path, "MemAvailable")];
  if (totalBytes === null || availableBytes === null) {
    return [warning("The kernel does not tell how much memory there is.", "Check that /proc is mounted.")];
  }
  const found = `${Math.floor(availableBytes / mib)} MiB of ${Math.floor(totalBytes / mib)} are left.`;
  if (totalBytes < totalMinBytes) {
    return [error(`${found} The daemon and its models need ${totalMinBytes / mib} in all.`, "Use a board with more.")];
  }
  const next = "See what else runs (ps --sort -rss -eo rss,comm | head); a board short of memory takes fewer frames.";
  return [availableBytes < (config?.board.memoryMinBytes ?? 0) ? warning(found, next) : ok(found)];
}
