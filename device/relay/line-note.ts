// A note of the line that a daemon drives, for whoever must drive it inactive after the daemon's end and has no time to read a
// configuration: `line-off`, see device/gpio/cdev/line-off.c.
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RelayLine } from "./output-line.ts";

/** Its name in the daemon's runtime folder. */
const noteFile = "relay-line";

/**
 * Writes it into a folder that lasts as long as the daemon, as a whole or not at all. A line through /sys is not noted: only
 * the character device's way is that short, and the kernel ends its own pulses by itself.
 */
export async function noteLine(folder: string, relay: RelayLine): Promise<void> {
  if (relay.kind !== "gpio-cdev") return;
  const { kind, chipLabel, line, activeLow } = relay;
  const path = join(folder, noteFile);
  await writeFile(`${path}.next`, `${[kind, chipLabel, line, activeLow ? 1 : 0].join("\t")}\n`, { mode: 0o600 });
  await rename(`${path}.next`, path);
}
