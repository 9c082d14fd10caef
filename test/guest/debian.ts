// What guests are made of: Debian's packages, from the sources that this machine has, unpacked and not installed.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { runCommand } from "./host-command.ts";

export type GuestArch = "amd64" | "arm64";

const suite = "bookworm";
const sourcesFile = "/etc/apt/sources.list.d/debian.sources";
const downloadTimeoutMs = 600_000;

/** The newest kernel of the 6.12 line, such as "6.12.117+deb12": the first in which pinctrl-bcm2835 has its parameter. */
export async function newestKernel(): Promise<string> {
  const pattern = "^linux-image-6\\.12\\.[0-9]+\\+deb12-amd64-unsigned$";
  const found = await runCommand("apt-cache", ["search", "--names-only", pattern], { timeoutMs: 60_000 });
  const versions = [...found.matchAll(/^linux-image-(6\.12\.(\d+)\+deb12)-amd64-unsigned/gm)];
  const [newest] = versions.sort((a, b) => Number(b[2]) - Number(a[2]));
  if (newest === undefined) {
    throw new Error("no kernel 6.12 among this machine's packages: add bookworm-security and run apt-get update");
  }
  return newest[1]!;
}

const packages = ["systemd", "systemd-sysv", "udev", "kmod", "dbus", "libstdc++6", "libatomic1", "procps", "dmsetup"];

/** The folder of an unpacked system with its kernel. */
export async function debianRoot(arch: GuestArch, kernel: string): Promise<string> {
  const image = `linux-image-${kernel}-${arch}`;
  return cached(`root-4-${arch}-${kernel}`, async (folder) => {
    if (!existsSync(sourcesFile))
      throw new Error(`${sourcesFile} is missing: guests are made of Debian bookworm's packages`);
    const tar = join(folder, "root.tar");
    const include = `--include=${[...packages, "busybox-static", image].join(",")}`;
    const args = [`--arch=${arch}`, "--variant=extract", "--skip=check/qemu", include, suite, tar, sourcesFile];
    await runCommand("mmdebstrap", args, { timeoutMs: downloadTimeoutMs });
    await runCommand("tar", ["-xf", tar, "-C", folder, "--exclude=./dev/*"], { timeoutMs: 120_000 });
    await rm(tar);
    await prune(folder, `${kernel}-${arch}`);
    await runCommand("depmod", ["-b", folder, `${kernel}-${arch}`], { timeoutMs: 60_000 });
  });
}

/** Kernel modules that guests have use for; all others only take up space. */
const modulesKept = [
  "arch",
  "crypto",
  "fs",
  "lib",
  "drivers/block",
  "drivers/gpio",
  "drivers/leds",
  "drivers/md",
  "drivers/media",
  "drivers/pinctrl",
];

async function prune(root: string, release: string): Promise<void> {
  for (const path of ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/include"]) {
    await rm(join(root, path), { recursive: true, force: true });
  }
  const kernel = join(root, "lib/modules", release, "kernel");
  for (const path of [
    ...(await readdir(kernel)),
    ...(await readdir(join(kernel, "drivers"))).map((n) => `drivers/${n}`),
  ]) {
    const keep = path === "drivers" || modulesKept.includes(path);
    if (!keep) await rm(join(kernel, path), { recursive: true, force: true });
  }
  await mkdir(join(root, "proc"), { recursive: true });
}
