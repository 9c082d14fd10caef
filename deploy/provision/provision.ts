// Writes a board's first-boot configuration, and Facelatch with it, to the boot partition of a card or an image.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { BootFolder } from "./boot-folder.ts";
import { BootImage } from "./boot-image.ts";
import type { BootPartition } from "./boot-partition.ts";
import { cloudInitFiles } from "./cloud-init.ts";
import { detectFormat, type Format } from "./detect-format.ts";
import { checkDevice } from "./device-guard.ts";
import { type Payload, payloadFiles } from "./first-boot.ts";
import { firstRunFiles } from "./first-run.ts";
import type { Settings } from "./settings.ts";

export interface ProvisionOptions {
  /** An image or a card; or the folder where its boot partition is mounted. */
  readonly target: { readonly image: string } | { readonly boot: string };
  /** Null finds out by what is on the boot partition. */
  readonly format: Format | null;
  readonly settings: Settings;
  /** Null sets up the board alone. */
  readonly payload: Payload | null;
}

/** What the two kinds of first-boot files are made of. */
export interface FirstBoot {
  readonly settings: Settings;
  /** Whether the script that installs Facelatch is there too. */
  readonly installs: boolean;
  /** cmdline.txt as it is. */
  readonly cmdline: string;
}

export interface Provisioned {
  readonly target: string;
  readonly format: Format;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

const marginBytes = 4 * 1024 * 1024;

/**
 * @throws FacelatchError BOOT_PARTITION_INVALID, BOOT_PARTITION_FULL, DEVICE_REFUSED, INPUT_MISSING, OUTPUT_UNWRITABLE,
 * TOOL_MISSING without mtools
 */
export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  if ("boot" in options.target) return writeTo(new BootFolder(options.target.boot), options);
  checkDevice(options.target.image);
  const work = await mkdtemp(join(tmpdir(), "facelatch-provision-"));
  try {
    return await writeTo(await BootImage.open(options.target.image, work), options);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeTo(boot: BootPartition, { format, settings, payload }: ProvisionOptions): Promise<Provisioned> {
  const chosen = await detectFormat(boot).catch((error: unknown) => {
    // What was asked for outweighs what is not recognised; a partition that cannot be read fails again below.
    if (format !== null && error instanceof FacelatchError) return format;
    throw error;
  });
  const cmdline = new TextDecoder().decode((await boot.read("cmdline.txt")) ?? new Uint8Array());
  const firstBoot = { settings, installs: payload !== null, cmdline };
  const texts = (format ?? chosen) === "cloud-init" ? cloudInitFiles(firstBoot) : firstRunFiles(firstBoot);
  const files = new Map(payload === null ? [] : payloadFiles(payload));
  // The command line is written last: until then the board boots as before.
  for (const [name, text] of texts) files.set(name, new TextEncoder().encode(text));
  await checkSpace(boot, files);
  await boot.write(files);
  return {
    target: boot.name,
    format: format ?? chosen,
    files: [...files].map(([name, bytes]) => ({
      name,
      bytes: bytes.byteLength,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    })),
  };
}

async function checkSpace(boot: BootPartition, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const needed = [...files.values()].reduce((sum, bytes) => sum + bytes.byteLength, 0) + marginBytes;
  const free = await boot.freeBytes();
  if (free >= needed) return;
  throw new FacelatchError("BOOT_PARTITION_FULL", {
    expected: `${needed} bytes of space on the boot partition`,
    found: `${free} bytes`,
    next: "Use an image of Raspberry Pi OS as it was downloaded.",
  });
}
