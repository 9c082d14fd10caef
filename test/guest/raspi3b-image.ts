// The emulated Raspberry Pi 3: one initial file system with Debian's arm64 systemd and the project's release, a small daemon in
// the place of the whole one.
import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packCpio } from "./amd64-image.ts";
import { debianRoot } from "./debian.ts";
import { runCommand } from "./host-command.ts";
import { ledPin } from "./pin-watch.ts";
import { place, settle } from "./program-tree.ts";

export interface BoardImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly deviceTree: string;
}

/** What one board is started from. */
export interface Board extends BoardImage {
  readonly card: string;
}

const minute = 60_000;
/** Parts of Debian that nothing here asks for. */
const unused = [
  "usr/lib/aarch64-linux-gnu/perl",
  "usr/lib/aarch64-linux-gnu/gconv",
  "usr/share/perl",
  "usr/share/zoneinfo",
];
/** Only the daemon is another: its models would take too long to emulate. What follows its end is the unit's own. */
const dropIn = `[Service]
ExecStart=
ExecStart=/opt/facelatch/current/bin/node /opt/facelatch/current/dist/test/guest/inside/small-door.js
`;

export async function makeBoardImage(folder: string, kernel: string): Promise<BoardImage> {
  const release = `${kernel}-arm64`;
  const base = await debianRoot("arm64", kernel);
  const root = join(folder, "root");
  await runCommand("cp", ["-a", "--reflink=auto", base, root], { timeoutMs: 5 * minute });
  const files = {
    kernel: join(folder, "vmlinuz"),
    deviceTree: join(folder, "board.dtb"),
    initrd: join(folder, "initrd"),
  };
  await cp(join(root, "boot", `vmlinuz-${release}`), files.kernel);
  await cp(join(root, "usr/lib", `linux-image-${release}`, "broadcom/bcm2837-rpi-3-b.dtb"), files.deviceTree);
  // All other drivers that it needs are in the kernel itself, and all of this would be in memory.
  await keepModules(root, release, [...ledModules]);
  for (const path of ["boot", `usr/lib/linux-image-${release}`, ...unused]) {
    await rm(join(root, path), { recursive: true, force: true });
  }
  await settle(root, { arch: "arm64", test: "raspi3b" });
  await mkdir(join(root, "etc/systemd/system/facelatch.service.d"));
  await writeFile(join(root, "etc/systemd/system/facelatch.service.d/small-door.conf"), dropIn);
  await symlink("/sbin/init", join(root, "init"));
  await packCpio(root, files.initrd);
  await seedRandomness(files.deviceTree);
  await addLed(files.deviceTree);
  await rm(root, { recursive: true });
  return files;
}

/** Without what a firmware hands over, programs wait for randomness, of which an emulated board has next to none. */
async function seedRandomness(deviceTree: string): Promise<void> {
  const seed = [...randomBytes(64)].map((byte) => byte.toString(16));
  await runCommand("fdtput", ["-t", "bx", deviceTree, "/chosen", "rng-seed", ...seed], { timeoutMs: minute });
}

const ledModules = ["leds/leds-gpio", "leds/trigger/ledtrig-oneshot"] as const;

/** Of all the kernel's modules these drivers alone, as Debian has packed them. */
async function keepModules(root: string, release: string, names: readonly string[]): Promise<void> {
  const [modules, kept] = [join(root, "lib/modules", release), join(root, "lib/kept")];
  const drivers = join(modules, "kernel/drivers");
  for (const path of await readdir(drivers, { recursive: true })) {
    if (names.some((name) => path.startsWith(`${name}.ko`)))
      await place(join(drivers, path), join(kept, "kernel/drivers", path));
  }
  for (const name of ["modules.order", "modules.builtin", "modules.builtin.modinfo"]) {
    await place(join(modules, name), join(kept, name));
  }
  await rm(modules, { recursive: true });
  await rename(kept, modules);
  await runCommand("depmod", ["-b", root, release], { timeoutMs: minute });
}

/** As `dtoverlay=gpio-led,gpio=22,label=facelatch,trigger=oneshot` makes it on a board: GPIO 17 is the guard's own here. */
async function addLed(deviceTree: string): Promise<void> {
  const put = (...args: string[]) => runCommand("fdtput", args, { timeoutMs: minute });
  const [folder, led] = ["/door-leds", "/door-leds/facelatch"];
  const phandle = await runCommand("fdtget", ["-t", "x", deviceTree, "/soc/gpio@7e200000", "phandle"], {
    timeoutMs: minute,
  });
  await put("-p", "-c", deviceTree, led);
  await put("-t", "s", deviceTree, folder, "compatible", "gpio-leds");
  await put("-t", "x", deviceTree, led, "gpios", phandle.trim(), ledPin.toString(16), "0");
  await put("-t", "s", deviceTree, led, "label", "facelatch");
  await put("-t", "s", deviceTree, led, "default-state", "off");
  await put("-t", "s", deviceTree, led, "linux,default-trigger", "oneshot");
}

/** A card in which the emulator keeps a board's whole state. */
export async function makeCard(path: string): Promise<string> {
  await runCommand("qemu-img", ["create", "-q", "-f", "qcow2", path, "256M"], { timeoutMs: minute });
  return path;
}
