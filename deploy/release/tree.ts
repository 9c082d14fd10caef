// Puts the files of a release together in one folder, as the board will have them.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { type LockFile, nameOf, runTimePackages } from "./lock-file.ts";
import { cdevFolder, xnnpackFolder } from "./native-parts.ts";
import { isNeeded } from "./package-files.ts";
import { filesBelow, programFiles } from "./program-files.ts";
import type { Target } from "./target.ts";

export interface TreeOptions {
  /** The folder that becomes the release; made here. */
  readonly tree: string;
  /** Where dependencies were installed and compiled. */
  readonly built: string;
  /** The unpacked Node.js of the target. */
  readonly nodeFolder: string;
  readonly lock: LockFile;
  readonly target: Target;
}

/** What is compiled of this project itself, and loaded from where it was compiled. */
const ownNatives = [
  `${xnnpackFolder}/build/Release/libxnnpack_delegate.so`,
  `${cdevFolder}/build/Release/gpio_cdev.node`,
] as const;
/** What systemd runs after the daemon's end, see systemd/facelatch.service. */
export const lineOffFile = "bin/line-off";
/** Where the program is started: the path stays the one of every installation. */
const entryFile = "dist/facelatch.js";

/** Copies everything but what says what the release is. Throws RELEASE_UNSOUND where a part is missing. */
export function assembleTree(options: TreeOptions): void {
  const { tree, built, nodeFolder, lock, target } = options;
  const program = programFiles(packageRoot);
  const sharp = [`@img/sharp-linux-${target.arch}`, `@img/sharp-libvips-linux-${target.arch}`];
  const packages = runTimePackages(lock, sharp);
  for (const name of program.packages) {
    if (!packages.includes(`node_modules/${name}`))
      throw unsound(`${name} among the board's dependencies`, "it is not");
  }
  for (const path of program.files) copy(join(packageRoot, path), join(tree, path));
  for (const path of packages) copyPackage(path, options);
  for (const file of ownNatives) copy(join(built, file), join(tree, file));
  copy(join(built, cdevFolder, "build/Release/line-off"), join(tree, lineOffFile), 0o755);
  copy(join(nodeFolder, "bin/node"), join(tree, "bin/node"), 0o755);
  writeText(tree, entryFile, 'import "./deploy/board.js";\n');
  writeText(tree, "bin/facelatch", wrapper, 0o755);
  copyDescription(tree);
  copy(join(packageRoot, "deploy/release/install.sh"), join(tree, "install.sh"), 0o755);
}

const wrapper = `#!/bin/sh
# Facelatch's command line, on the Node.js that came with it.
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/node" "$here/../dist/facelatch.js" "$@"
`;

function copyPackage(path: string, { built, tree, target }: TreeOptions): void {
  const name = nameOf(path);
  const folder = join(built, path);
  if (!existsSync(folder)) throw unsound(`${path} to be installed`, "it is not");
  // A package within a package has a line of its own among the packages.
  const files = filesBelow(folder, ".").filter((file) => !file.startsWith("node_modules/"));
  for (const file of files) {
    if (isNeeded(name, file, target.tfliteArch)) copy(join(folder, file), join(tree, path, file));
  }
}

/** What the program reads of its own package.json, and no more: it installs nothing and builds nothing. */
function copyDescription(tree: string): void {
  const { name, version, description, license, type } = JSON.parse(
    readFileSync(join(packageRoot, "package.json"), "utf8"),
  ) as Record<string, string>;
  const told = { name, version, description, license, private: true, type };
  writeText(tree, "package.json", `${JSON.stringify(told, null, 2)}\n`);
  for (const file of ["LICENSE", "NOTICE"]) copy(join(packageRoot, file), join(tree, file));
}

export function writeText(tree: string, path: string, text: string, mode = 0o644): void {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function copy(from: string, to: string, mode = 0o644): void {
  if (!existsSync(from)) throw unsound(`the file ${from}`, "none");
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
  chmodSync(to, mode);
}

function unsound(expected: string, found: string): FacelatchError {
  return new FacelatchError("RELEASE_UNSOUND", {
    expected,
    found,
    next: "Run `npm ci && npm run build`, and try again; if it stays so, report it as a bug.",
  });
}
