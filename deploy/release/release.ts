// Makes a release of the daemon for a board, from top to bottom: dependencies, native parts, one tree, checks, archives.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot, version } from "../../device/installation/installation.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { makeDebianPackage } from "./debian-package.ts";
import { type Described, describeTree, type SizeRow, sizesOf } from "./description.ts";
import { licencePage } from "./licences.ts";
import { type LockFile, sharpPackages } from "./lock-file.ts";
import { assertLoadable, type NativeFile, readNativeFile } from "./native-check.ts";
import { buildNativeParts, checkTools, nativePartsCount, strip } from "./native-parts.ts";
import { installDependencies, unpackPackage } from "./npm-packages.ts";
import { type Packed, packTar } from "./pack-tar.ts";
import { filesBelow } from "./program-files.ts";
import { sourceOf } from "./source.ts";
import { writeSystemFiles } from "./system-files.ts";
import { type Arch, archiveBytesMax, type Target, targets, unpackedBytesMax } from "./target.ts";
import { assembleTree, lineOffFile, writeText } from "./tree.ts";

export interface ReleaseOptions {
  readonly arch: Arch;
  /** Made where it is missing. */
  readonly outDir: string;
  /** Makes a Debian package too. */
  readonly deb: boolean;
  readonly progress: Progress;
}

export interface Release extends Described {
  readonly arch: Arch;
  readonly archive: Packed;
  readonly debianPackage: Packed | null;
  readonly natives: readonly NativeFile[];
  readonly sizes: readonly SizeRow[];
  readonly durationS: number;
}

/**
 * @throws FacelatchError TOOL_MISSING, TOOL_FAILED, DOWNLOAD_INVALID, INPUT_MISSING; RELEASE_UNSOUND where a board could
 * not load it, RELEASE_TOO_LARGE
 */
export async function makeRelease(options: ReleaseOptions): Promise<Release> {
  const startMs = performance.now();
  const target = targets[options.arch];
  await checkTools(target);
  const outDir = resolve(options.outDir);
  await mkdir(outDir, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), "facelatch-release-"));
  try {
    const made = await makeIn(work, outDir, target, options);
    return { ...made, arch: options.arch, durationS: (performance.now() - startMs) / 1000 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeIn(work: string, outDir: string, target: Target, { deb, progress }: ReleaseOptions) {
  const tree = join(work, "tree");
  await fillTree(work, tree, target, progress);
  progress.step("checks", 1);
  const natives = await checkNatives(tree, target);
  const source = await sourceOf(packageRoot);
  const described = describeTree(tree, target, source.commit);
  const sizes = sizesOf(tree);
  assertSmall("unpacked", described.bytes, unpackedBytesMax);
  progress.advance(1);
  progress.step("archives", deb ? 2 : 1);
  const name = `facelatch-${version}-linux-${target.arch}`;
  const archive = await packTar(tree, name, source.timeS, join(outDir, `${name}.tar.gz`));
  assertSmall("packed", archive.bytes, archiveBytesMax);
  progress.advance(1);
  const forDeb = { work, tree, outDir, target, natives, timeS: source.timeS };
  const debianPackage = deb ? await makeDebianPackage(forDeb) : null;
  progress.end();
  return { ...described, archive, debianPackage, natives, sizes };
}

async function fillTree(work: string, tree: string, target: Target, progress: Progress): Promise<void> {
  const built = join(work, "build");
  const nodeFolder = join(work, "node");
  const downloads = join(work, "downloads");
  const lock = JSON.parse(await readFile(join(packageRoot, "package-lock.json"), "utf8")) as LockFile;
  const sharp = sharpPackages(lock, target);
  progress.step("packages", 2 + sharp.length);
  await installDependencies(built, target);
  progress.advance(1);
  for (const [index, pinned] of sharp.entries()) {
    await unpackPackage(pinned, join(built, "node_modules", pinned.name), downloads);
    progress.advance(2 + index);
  }
  await unpackPackage(target.node, nodeFolder, downloads);
  progress.advance(2 + sharp.length, `Node.js ${target.node.version}`);
  progress.step("native parts", nativePartsCount);
  let compiled = 0;
  await buildNativeParts(built, nodeFolder, target, (part) => progress.advance(++compiled, part));
  assembleTree({ tree, built, nodeFolder, lock, target });
  const nodeLicence = await readFile(join(nodeFolder, "LICENSE"), "utf8");
  writeText(tree, "licences/node.txt", nodeLicence);
  writeText(tree, "licences/packages.txt", licencePage(tree, nodeLicence));
  writeSystemFiles(tree);
  await strip(
    nativePaths(tree).map((path) => join(tree, path)),
    target,
  );
}

export function nativePaths(tree: string): string[] {
  const isNative = (path: string) =>
    ["bin/node", lineOffFile].includes(path) || /\.(?:node|so(?:\.[0-9.]+)?)$/.test(path);
  return filesBelow(tree, ".").filter(isNative);
}

async function checkNatives(tree: string, target: Target): Promise<NativeFile[]> {
  const files: NativeFile[] = [];
  for (const path of nativePaths(tree)) files.push(await readNativeFile(join(tree, path), path));
  assertLoadable(files, target);
  return files;
}

function assertSmall(what: string, bytes: number, bytesMax: number): void {
  if (bytes <= bytesMax) return;
  throw new FacelatchError("RELEASE_TOO_LARGE", {
    expected: `a release of at most ${bytesMax} bytes, ${what}`,
    found: `${bytes} bytes`,
    next: "Leave out what the board does not need: deploy/release/package-files.ts says what is kept.",
  });
}
