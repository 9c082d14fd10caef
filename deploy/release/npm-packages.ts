// Packages of the npm registry for another machine: what the board depends on, and single ones by name and digest.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { runTool } from "./run-tool.ts";
import type { PinnedPackage, Target } from "./target.ts";

const installTimeoutMs = 300_000;
const downloadTimeoutMs = 180_000;

/** Installs what package-lock.json names for the board, without running anything of it. */
export async function installDependencies(folder: string, { arch }: Target): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
    await copyFile(join(packageRoot, name), join(folder, name));
  }
  const only = ["--omit=dev", "--omit=optional", "--os=linux", `--cpu=${arch}`, "--libc=glibc"];
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await runTool("npm", ["ci", ...only, ...quiet], { cwd: folder, timeoutMs: installTimeoutMs });
}

/**
 * Downloads a package and unpacks it into `folder`.
 *
 * @throws FacelatchError DOWNLOAD_INVALID where its content is not the pinned one
 */
export async function unpackPackage(pinned: PinnedPackage, folder: string, downloads: string): Promise<void> {
  await mkdir(downloads, { recursive: true });
  await mkdir(folder, { recursive: true });
  const args = [
    "pack",
    `${pinned.name}@${pinned.version}`,
    "--pack-destination",
    downloads,
    "--json",
    "--prefer-offline",
  ];
  const answer = await runTool("npm", args, { cwd: downloads, timeoutMs: downloadTimeoutMs });
  const archive = join(downloads, archiveNameOf(answer, pinned));
  const [algorithm, digest] = pinned.integrity.split("-", 2) as [string, string];
  const found = createHash(algorithm)
    .update(await readFile(archive))
    .digest("base64");
  if (found !== digest) {
    throw new FacelatchError("DOWNLOAD_INVALID", {
      expected: `${pinned.name} ${pinned.version} with ${pinned.integrity}`,
      found: `${algorithm}-${found}`,
      next: "Clean npm's cache and try again; if it stays so, do not use what the registry delivers.",
    });
  }
  await runTool("tar", ["-xzf", archive, "--strip-components=1", "--no-same-owner", "-C", folder], {
    timeoutMs: downloadTimeoutMs,
  });
}

/** npm 10 answers with a list, npm 11 with the same or an object by name. */
function archiveNameOf(answer: string, { name, version }: PinnedPackage): string {
  const packed = Object.values(JSON.parse(answer) as Record<string, { readonly filename?: string }>)[0];
  return packed?.filename ?? `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}
