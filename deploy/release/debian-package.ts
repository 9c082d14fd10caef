// The same release as a Debian package: its files below /usr/lib/facelatch, settings that survive upgrades, and scripts.
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { version } from "../../device/installation/installation.ts";
import { controlFile, debianChangelog, lintianOverrides, maintainerScripts } from "./debian-texts.ts";
import { debianDependencies, type NativeFile } from "./native-check.ts";
import type { Packed } from "./pack-tar.ts";
import { filesBelow } from "./program-files.ts";
import { runTool } from "./run-tool.ts";
import { debianPrefix, systemFiles } from "./system-files.ts";
import type { Target } from "./target.ts";

export interface DebianPackageOptions {
  readonly work: string;
  /** The release; it is left as it is. */
  readonly tree: string;
  readonly outDir: string;
  readonly target: Target;
  readonly natives: readonly NativeFile[];
  readonly timeS: number;
}

const buildTimeoutMs = 300_000;
/** What only install.sh of the archive needs; dpkg has means of its own. */
const archiveOnly = ["install.sh", "systemd", "SHA256SUMS", "RELEASE", "licences", "LICENSE"];

/** Throws TOOL_MISSING without dpkg-deb. */
export async function makeDebianPackage(options: DebianPackageOptions): Promise<Packed> {
  const { work, target, timeS, outDir } = options;
  const root = join(work, "deb");
  await placeProgram(root, options);
  await placeSystemFiles(root);
  await placeDocumentation(root, options);
  await placeControl(root, options);
  const path = join(outDir, `facelatch_${version}_${target.debianArch}.deb`);
  // What is cut short never lies where a package is looked for.
  const made = join(work, "made.deb");
  await setTimes(root, timeS);
  await runTool("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z6", "--build", root, made], {
    timeoutMs: buildTimeoutMs,
    env: { SOURCE_DATE_EPOCH: String(timeS) },
    next: "Install dpkg: apt-get install dpkg-dev",
  });
  const content = await readFile(made);
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
  return { path, bytes: content.byteLength, sha256: createHash("sha256").update(content).digest("hex") };
}

async function placeProgram(root: string, { tree }: DebianPackageOptions): Promise<void> {
  const folder = join(root, debianPrefix);
  await mkdir(dirname(folder), { recursive: true });
  await cp(tree, folder, { recursive: true });
  for (const name of archiveOnly) await rm(join(folder, name), { recursive: true, force: true });
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await symlink("../lib/facelatch/bin/facelatch", join(root, "usr/bin/facelatch"));
}

async function placeSystemFiles(root: string): Promise<void> {
  const files = systemFiles(debianPrefix);
  await place(root, "lib/systemd/system/facelatch.service", files.service);
  await place(root, "lib/systemd/system/facelatch-alarm.service", files.alarm);
  await place(root, "lib/udev/rules.d/60-facelatch.rules", files.rules);
  await place(root, "usr/lib/sysusers.d/facelatch.conf", files.sysusers);
  await place(root, "usr/lib/tmpfiles.d/facelatch.conf", files.tmpfiles);
  await place(root, "etc/facelatch/facelatch.yaml", files.configuration);
}

async function placeDocumentation(root: string, { tree, timeS }: DebianPackageOptions): Promise<void> {
  const folder = "usr/share/doc/facelatch";
  await mkdir(join(root, folder), { recursive: true });
  await place(root, `${folder}/copyright`, await readFile(join(tree, "licences/packages.txt"), "utf8"));
  await place(root, `${folder}/changelog.gz`, gzipSync(debianChangelog(timeS), { level: 9 }));
  await place(
    root,
    `${folder}/node-licences.txt.gz`,
    gzipSync(await readFile(join(tree, "licences/node.txt")), { level: 9 }),
  );
  await rename(join(root, debianPrefix, "NOTICE"), join(root, folder, "NOTICE"));
  await place(root, "usr/share/lintian/overrides/facelatch", lintianOverrides);
}

async function placeControl(root: string, { target, natives }: DebianPackageOptions): Promise<void> {
  const files = filesBelow(root, ".");
  let bytes = 0;
  const sums: string[] = [];
  for (const path of files) {
    const content = await readFile(join(root, path));
    bytes += content.byteLength;
    sums.push(`${createHash("md5").update(content).digest("hex")}  ${path}\n`);
  }
  const control = { target, installedBytes: bytes, depends: debianDependencies(natives) };
  await place(root, "DEBIAN/control", controlFile(control));
  await place(root, "DEBIAN/conffiles", "/etc/facelatch/facelatch.yaml\n");
  await place(root, "DEBIAN/md5sums", sums.filter((line) => !line.includes("  etc/")).join(""));
  for (const [name, text] of Object.entries(maintainerScripts)) await place(root, `DEBIAN/${name}`, text, 0o755);
}

async function place(root: string, path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
}

/** Folders are 0755 whatever this process's umask; nothing is newer than the source. */
async function setTimes(root: string, timeS: number): Promise<void> {
  const folders = await runTool("find", [root, "-type", "d"], { timeoutMs: buildTimeoutMs });
  for (const folder of folders.trim().split("\n")) await chmod(folder, 0o755);
  await runTool("find", [root, "-exec", "touch", "--no-dereference", `--date=@${timeS}`, "{}", "+"], {
    timeoutMs: buildTimeoutMs,
  });
}
