// What a guest's root gets beside Debian: the project's release, the test's own programs, and what an installation would settle.
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Arch } from "../../deploy/release/target.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { installRelease } from "./board-release.ts";

/** A file or a folder, links kept as they are. */
export async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
}

export interface Program {
  readonly arch: Arch;
  /** Of test/guest/inside, without its extension. */
  readonly test: string;
  /** How often it does what it does; 1 unless told. */
  readonly rounds?: number;
}

/** Makes of an unpacked Debian a board with the release installed, which runs the test when it has started. */
export async function settle(root: string, { arch, test, rounds = 1 }: Program): Promise<void> {
  for (const name of ["passwd", "group"]) {
    await writeFile(join(root, "etc", name), await readFile(`/usr/share/base-passwd/${name}.master`));
  }
  await writeFile(join(root, "etc/machine-id"), "0123456789abcdef0123456789abcdef\n");
  await writeFile(join(root, "etc/hostname"), "door\n");
  await installRelease(root, arch);
  const inside = "dist/test/guest/inside";
  await place(join(packageRoot, inside), join(root, "opt/facelatch/current", inside));
  await placeTest(root, `GUEST_TEST=${test}\nROUNDS=${rounds}\n`);
}

const masked = [
  ...["systemd-firstboot", "systemd-networkd-wait-online", "systemd-resolved", "systemd-hwdb-update"],
  ...["systemd-timesyncd", "serial-getty@ttyS0", "serial-getty@ttyS1", "getty@tty1"],
  // The test speaks to systemd directly, so nobody asks for the message bus, which was not set up.
  "dbus",
];

async function placeTest(root: string, environment: string): Promise<void> {
  const units = join(root, "etc/systemd/system");
  await writeFile(join(root, "etc/guest-test.env"), environment);
  await place(join(packageRoot, "test/guest/guest-test.service"), join(units, "guest-test.service"));
  for (const name of masked) await symlink("/dev/null", join(units, `${name}.service`));
  await mkdir(join(units, "multi-user.target.wants"), { recursive: true });
  await symlink("../guest-test.service", join(units, "multi-user.target.wants/guest-test.service"));
  await rm(join(units, "default.target"), { force: true });
  await symlink("/lib/systemd/system/multi-user.target", join(units, "default.target"));
}
