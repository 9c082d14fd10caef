// The amd64 guest: a disk with Debian, the daemon under its unit, gpio-sim and vivid, and what brings the kernel to it.
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { packageRoot } from "../../device/installation/installation.ts";
import { debianRoot } from "./debian.ts";
import { gpioSim } from "./gpio-sim.ts";
import { runCommand } from "./host-command.ts";
import { type Program, place, settle } from "./program-tree.ts";

export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
}

const minute = 60_000;

export interface GuestWork extends Omit<Program, "arch"> {
  /** What the test finds in /opt/door. */
  readonly door: string;
}

/** @param folder where it is made */
export async function makeAmd64Image(
  folder: string,
  kernel: string,
  { door, ...program }: GuestWork,
): Promise<GuestImage> {
  const [base, modules] = [await debianRoot("amd64", kernel), await gpioSim(kernel)];
  const release = `${kernel}-amd64`;
  const root = join(folder, "root");
  await runCommand("cp", ["-a", "--reflink=auto", base, root], { timeoutMs: 2 * minute });
  await chmod(root, 0o755);
  for (const name of ["irq_sim.ko", "gpio-sim.ko"]) {
    await place(join(modules, name), join(root, "lib/modules", release, "extra", name));
  }
  await runCommand("depmod", ["-b", root, release], { timeoutMs: minute });
  await settle(root, { arch: "x64", ...program });
  await place(join(packageRoot, "node_modules/@ffmpeg-installer/linux-x64/ffmpeg"), join(root, "usr/bin/ffmpeg"));
  await cp(door, join(root, "opt/door"), { recursive: true, verbatimSymlinks: true });
  const initrd = join(folder, "initrd");
  await makeInitrd(root, release, initrd);
  const kernelFile = join(folder, "vmlinuz");
  await cp(join(root, "boot", `vmlinuz-${release}`), kernelFile);
  await rm(join(root, "boot"), { recursive: true });
  const disk = join(folder, "disk.img");
  await runCommand("truncate", ["-s", "1500M", disk], { timeoutMs: minute });
  await runCommand("mke2fs", ["-q", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0", "-d", root, disk], {
    timeoutMs: 3 * minute,
  });
  await rm(root, { recursive: true });
  return { kernel: kernelFile, initrd, disk };
}

const init = `#!/bin/sh
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$module; done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 500 ]; do /bin/busybox usleep 20000; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
`;

/** Only what is needed to mount the disk. */
async function makeInitrd(root: string, release: string, file: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), "facelatch-initrd-"));
  try {
    for (const name of ["bin", "dev", "modules", "root"]) await mkdir(join(tree, name));
    await cp(join(root, "bin/busybox"), join(tree, "bin/busybox"));
    await symlink("busybox", join(tree, "bin/sh"));
    await writeFile(join(tree, "init"), init, { mode: 0o755 });
    const order: string[] = [];
    for (const module of ["virtio_blk", "ext4"]) {
      const shown = await runCommand("modprobe", ["-d", root, "-S", release, "--show-depends", module], {
        timeoutMs: minute,
      });
      for (const [, path] of shown.matchAll(/^insmod (\S+)/gm)) {
        const name = basename(path!, ".xz");
        if (order.includes(name)) continue;
        order.push(name);
        await writeFile(join(tree, "modules", name), await uncompressed(path!));
      }
    }
    await writeFile(join(tree, "modules/order"), `${order.join("\n")}\n`);
    await packCpio(tree, file);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function uncompressed(path: string): Promise<Buffer> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const options = { encoding: "buffer" as const, maxBuffer: 64 * 1024 ** 2, timeout: minute };
    execFile("xz", ["-dc", path], options, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
}

/** The tree as an initial file system; it is small or read once, so it is not compressed. */
export async function packCpio(tree: string, file: string): Promise<void> {
  await readdir(tree);
  await runCommand("sh", ["-c", 'find . | cpio -o -H newc --quiet > "$1"', "sh", file], {
    timeoutMs: 3 * minute,
    cwd: tree,
  });
}
