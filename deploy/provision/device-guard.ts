// Keeps provisioning off disks that this machine uses: a wrong letter in a device's name must not cost a system.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";

/**
 * Lets files pass, and cards: whole disks that are removable, on USB or an SD slot, and of which nothing is in use.
 *
 * @throws FacelatchError INPUT_MISSING, DEVICE_REFUSED
 */
export function checkDevice(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `an image at ${path}`,
      found: "nothing",
      next: "Check the path.",
    });
  }
  if (status.isFile()) return;
  if (!status.isBlockDevice()) throw refused(path, "neither a file nor a disk");
  const major = Math.floor(status.rdev / 256) & 0xfff;
  const minor = (status.rdev & 0xff) | (Math.floor(status.rdev / 4096) & 0xfff00);
  const reason = whyInUse(realpathSync(`/sys/dev/block/${major}:${minor}`));
  if (reason !== null) throw refused(path, reason);
}

/** @param folder the disk's in /sys */
function whyInUse(folder: string): string | null {
  if (has(folder, "partition")) return "a partition, not a whole card";
  const parts = [
    folder,
    ...readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((part) => has(part, "partition")),
  ];
  const mounts = mountedNumbers();
  const swaps = readFileSync("/proc/swaps", "utf8");
  for (const part of parts) {
    const name = basename(part);
    const mounted = mounts.get(readFileSync(join(part, "dev"), "utf8").trim());
    if (mounted !== undefined) return `${name} is mounted at ${mounted}`;
    if (swaps.includes(`/dev/${name} `)) return `${name} is swap space`;
    if (readdirSync(join(part, "holders")).length > 0) return `${name} belongs to another disk of this system`;
  }
  const movable =
    readFileSync(join(folder, "removable"), "utf8").trim() === "1" ||
    /\/usb\d|\/mmc_host\/|\/virtual\/block\/loop/.test(folder);
  return movable ? null : "a disk that is built into this machine";
}

/** Where each device is mounted first, by its number. */
function mountedNumbers(): Map<string, string> {
  const mounts = new Map<string, string>();
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [, , number, , where] = line.split(" ");
    if (number !== undefined && where !== undefined && !mounts.has(number)) mounts.set(number, where);
  }
  return mounts;
}

function has(folder: string, name: string): boolean {
  return existsSync(join(folder, name));
}

function refused(path: string, found: string): FacelatchError {
  return new FacelatchError("DEVICE_REFUSED", {
    expected: `${path} to be an image, or a card that nothing uses`,
    found,
    next: "Unmount the card's partitions, and look at `lsblk` for its name.",
  });
}
