// The daemon as a board has it, and the test's own programs, below /opt/facelatch and /usr/bin of a guest.

import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packageRoot } from "../../device/installation/installation.ts";

const own = [
  "package.json",
  "dist",
  "device/gpio/cdev/build/Release/gpio_cdev.node",
  "device/vision/xnnpack/build/Release/libxnnpack_delegate.so",
];

/** Copies the built package with what it needs on a board, but nothing that only a workstation needs. */
export async function placeProgram(root: string): Promise<void> {
  const target = join(root, "opt/facelatch");
  for (const path of own) await place(join(packageRoot, path), join(target, path));
  // The package's own program knows the workstation's commands too, which load what a board has not.
  await writeFile(join(target, "dist/facelatch.js"), 'import "./test/guest/inside/board.js";\n');
  for (const folder of await boardPackages()) {
    await place(join(packageRoot, folder), join(target, folder));
  }
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** The folders of the packages that the board installs; what sharp runs on is optional for npm alone. */
async function boardPackages(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(packageRoot, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path.startsWith("node_modules/") && !dev && !devOptional)
    .filter(([path, { optional }]) => !optional || path.includes("/@img/"))
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf("node_modules/") === 0 && existsSync(join(packageRoot, path)));
}

/** A file or a folder, links followed where they are the thing itself. */
export async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
}

/** The units as they are shipped, with the files that go with them, where a package would put them. */
export async function placeUnits(root: string): Promise<void> {
  const from = (name: string) => join(packageRoot, "systemd", name);
  const places: readonly (readonly [string, string])[] = [
    ["facelatch.service", "etc/systemd/system/facelatch.service"],
    ["facelatch-alarm.service", "etc/systemd/system/facelatch-alarm.service"],
    ["facelatch.sysusers", "usr/lib/sysusers.d/facelatch.conf"],
    ["facelatch.tmpfiles", "usr/lib/tmpfiles.d/facelatch.conf"],
    ["facelatch.rules", "usr/lib/udev/rules.d/60-facelatch.rules"],
  ];
  for (const [name, path] of places) await place(from(name), join(root, path));
}

/** What an installed Debian has, and an unpacked one has not: users, and no questions at the first start. */
export async function settle(root: string): Promise<void> {
  for (const name of ["passwd", "group"]) {
    await writeFile(join(root, "etc", name), await readFile(`/usr/share/base-passwd/${name}.master`));
  }
  await place(join(packageRoot, "test/guest/guest-test.service"), join(root, "etc/systemd/system/guest-test.service"));
  await writeFile(join(root, "etc/machine-id"), "0123456789abcdef0123456789abcdef\n");
  await writeFile(join(root, "etc/hostname"), "door\n");
  const masked = ["systemd-firstboot", "systemd-networkd-wait-online", "systemd-resolved", "serial-getty@ttyS0"];
  // The test speaks to systemd directly, so nobody asks for the message bus, which was not set up.
  masked.push("dbus", "serial-getty@ttyS1", "getty@tty1", "systemd-hwdb-update", "systemd-timesyncd");
  for (const name of masked) {
    await symlink("/dev/null", join(root, `etc/systemd/system/${name}.service`));
  }
  await mkdir(join(root, "etc/systemd/system/multi-user.target.wants"), { recursive: true });
  await symlink("../guest-test.service", join(root, "etc/systemd/system/multi-user.target.wants/guest-test.service"));
  await rm(join(root, "etc/systemd/system/default.target"), { force: true });
  await symlink("/lib/systemd/system/multi-user.target", join(root, "etc/systemd/system/default.target"));
}
