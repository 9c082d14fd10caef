// The project's own release in a guest: made by its command, kept as long as nothing changes that goes into it, and installed
// by its own script.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesBelow, programFiles } from "../../deploy/release/program-files.ts";
import { makeRelease } from "../../deploy/release/release.ts";
import type { Arch } from "../../deploy/release/target.ts";
import { packageRoot, version } from "../../device/installation/installation.ts";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { cached, cacheFolder } from "./cache.ts";
import { runCommand } from "./host-command.ts";

const minute = 60_000;
/** Folders whose files go into a release as they are, or say how it is made. */
const sourceFolders = ["systemd", "device/gpio/cdev", "device/vision/xnnpack", "dist/deploy/release"];

/** Puts it where a board has it, with units, rules, users and settings, into a root that has users already. */
export async function installRelease(root: string, arch: Arch): Promise<void> {
  const archive = await madeRelease(arch);
  const folder = await mkdtemp(join(tmpdir(), "facelatch-unpacked-"));
  try {
    await runCommand("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], { timeoutMs: 5 * minute });
    await runCommand(join(folder, "install.sh"), ["--root", root, "--no-start"], { timeoutMs: 5 * minute });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The path of the archive. */
async function madeRelease(arch: Arch): Promise<string> {
  const kind = `release-${arch}-`;
  const name = `${kind}${sourceDigest()}`;
  const folder = await cached(name, async (outDir) => {
    await makeRelease({ arch, outDir, deb: false, progress: terminalProgress() });
  });
  for (const other of await readdir(cacheFolder)) {
    if (other.startsWith(kind) && !other.startsWith(name)) await rm(join(cacheFolder, other), { recursive: true });
  }
  return join(folder, `facelatch-${version}-linux-${arch}.tar.gz`);
}

function sourceDigest(): string {
  const below = sourceFolders.flatMap((folder) => filesBelow(packageRoot, folder));
  const paths = [
    ...["package.json", "package-lock.json", "deploy/release/install.sh", "LICENSE", "NOTICE"],
    ...below.filter((path) => !path.includes("/build/") && !path.endsWith(".map")),
    ...programFiles(packageRoot).files,
  ];
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(packageRoot, path)));
  return hash.digest("hex").slice(0, 16);
}
