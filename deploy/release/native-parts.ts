// Compiles the native parts for the target, with its compiler and against the headers of the Node.js that it will run on.
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { runTool } from "./run-tool.ts";
import type { Target } from "./target.ts";

const compileTimeoutMs = 600_000;
const toolTimeoutMs = 60_000;
export const xnnpackFolder = "device/vision/xnnpack";
export const cdevFolder = "device/gpio/cdev";

/** In the order of their time: the longest first. */
const compiledFolders = [
  "node_modules/better-sqlite3",
  "node_modules/tfjs-tflite-node",
  "node_modules/epoll",
  xnnpackFolder,
  cdevFolder,
] as const;

export const nativePartsCount = compiledFolders.length;

/** Throws TOOL_MISSING, naming Debian's package, where the target's compiler is not installed. */
export async function checkTools({ triplet, compilerPackage }: Target): Promise<void> {
  const next = `Install it: apt-get install ${compilerPackage} make python3`;
  for (const tool of [`${triplet}-g++`, `${triplet}-strip`, "readelf", "make", "python3"]) {
    await runTool(tool, ["--version"], { timeoutMs: toolTimeoutMs, next });
  }
}

/**
 * Compiles all of them within `folder`, which holds node_modules.
 *
 * @param nodeFolder the unpacked Node.js of the target, with its headers
 */
export async function buildNativeParts(
  folder: string,
  nodeFolder: string,
  target: Target,
  onDone: (name: string) => void,
): Promise<void> {
  await writeGypScript(folder);
  for (const own of [xnnpackFolder, cdevFolder]) await copySources(own, folder);
  await askForTargetArch(join(folder, "node_modules/tfjs-tflite-node/binding.gyp"));
  for (const name of compiledFolders) {
    await compile(folder, name, nodeFolder, target);
    onDone(name);
  }
}

/** Of a part of this project, without what was compiled for this machine. */
async function copySources(part: string, folder: string): Promise<void> {
  const compiled = join(packageRoot, part, "build");
  await cp(join(packageRoot, part), join(folder, part), {
    recursive: true,
    filter: (path) => path !== compiled && !path.startsWith(`${compiled}/`),
  });
}

/** npm puts its own node-gyp into the path of a script, wherever npm is installed. */
async function writeGypScript(folder: string): Promise<void> {
  const project = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as object;
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...project, scripts: { gyp: "node-gyp" } }));
}

/** The package asks for the architecture of the machine that compiles, where it means the one that will run it. */
async function askForTargetArch(gypFile: string): Promise<void> {
  const asked = `'<!(node -e "console.log(process.arch)")'`;
  const source = await readFile(gypFile, "utf8");
  if (!source.includes(asked)) {
    throw new FacelatchError("RELEASE_UNSOUND", {
      expected: `tfjs-tflite-node's binding.gyp to hold ${asked}`,
      found: "something else",
      next: "Look at what the package's new version asks for, and change deploy/release/native-parts.ts.",
    });
  }
  await writeFile(gypFile, source.replace(asked, "'<(target_arch)'"));
}

async function compile(folder: string, name: string, nodeFolder: string, target: Target): Promise<void> {
  const { triplet, arch, tfliteArch } = target;
  // Neither the folder nor the time of the compilation may stand in what comes out.
  const flags = `-g0 -ffile-prefix-map=${folder}=. -ffile-prefix-map=${nodeFolder}=node`;
  const gyp = ["rebuild", "--release", `--directory=${name}`, `--arch=${arch}`, `--nodedir=${nodeFolder}`, "--jobs=2"];
  await runTool("npm", ["run", "--silent", "gyp", "--", ...gyp, "--", `-Dlibrary_arch=${tfliteArch}`], {
    cwd: folder,
    timeoutMs: compileTimeoutMs,
    env: {
      CC: `${triplet}-gcc`,
      CXX: `${triplet}-g++`,
      AR: `${triplet}-ar`,
      CFLAGS: flags,
      CXXFLAGS: flags,
      // A delegate is loaded where its library already is; no path of this machine may be recorded for it.
      LDFLAGS: "-Wl,--build-id=none",
      // A setting of this machine's npm would outweigh the argument, and compile for this machine's Node.js.
      npm_config_nodedir: nodeFolder,
    },
  });
}

/** Takes from compiled files what only a debugger reads. */
export async function strip(files: readonly string[], { triplet }: Target): Promise<void> {
  for (const file of files) {
    await runTool(`${triplet}-strip`, ["--strip-unneeded", file], { timeoutMs: toolTimeoutMs });
  }
}
