// Which kind of first-boot files an image of Raspberry Pi OS reads: cloud-init's from Trixie on, a script before.
import { FacelatchError } from "../../device/errors/errors.ts";
import type { BootPartition } from "./boot-partition.ts";

export const formats = ["cloud-init", "firstrun"] as const;
export type Format = (typeof formats)[number];

/** The first image of Trixie. */
const cloudInitSince = "2025-10-01";
/** The first image of Bookworm: before it the boot partition was mounted elsewhere. */
const firstRunSince = "2023-10-10";

/** Throws BOOT_PARTITION_INVALID where it is no boot partition of Raspberry Pi OS, or one of an older system. */
export async function detectFormat(boot: BootPartition): Promise<Format> {
  for (const name of ["cmdline.txt", "config.txt"]) {
    if ((await boot.read(name)) === null) throw invalid(boot, `${name} in ${boot.name}`, "no such file");
  }
  if ((await boot.read("meta-data")) !== null || (await boot.read("user-data")) !== null) return "cloud-init";
  const issue = await boot.read("issue.txt");
  const date = /\breference (\d{4}-\d{2}-\d{2})\b/.exec(new TextDecoder().decode(issue ?? new Uint8Array()))?.[1];
  if (date === undefined)
    throw invalid(boot, "issue.txt to tell the image's date", issue === null ? "no issue.txt" : "no date");
  if (date >= cloudInitSince) return "cloud-init";
  if (date >= firstRunSince) return "firstrun";
  throw invalid(boot, "Raspberry Pi OS Bookworm or later", `an image of ${date}`);
}

function invalid(boot: BootPartition, expected: string, found: string): FacelatchError {
  return new FacelatchError("BOOT_PARTITION_INVALID", {
    expected,
    found,
    next: `Where ${boot.name} is of Raspberry Pi OS all the same, say --format cloud-init (Trixie) or firstrun (Bookworm).`,
  });
}
