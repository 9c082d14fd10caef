// Whether a board can load a compiled file: its machine, the versions of the libraries that it asks for, and where it finds them.
import { FacelatchError } from "../../device/errors/errors.ts";
import { runTool } from "./run-tool.ts";
import { symbolVersionsMax, systemLibraries, type Target } from "./target.ts";

export interface NativeFile {
  /** Within the release. */
  readonly path: string;
  readonly machine: string;
  /** The libraries that it asks for, as it names them. */
  readonly needed: readonly string[];
  /** The name under which others ask for it; null where it has none. */
  readonly soname: string | null;
  /** The newest version that it asks for, by family: `{ GLIBC: "2.34" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** The NODE_MODULE_VERSION that an addon was compiled for; null where it is none, or one that fits every Node.js. */
  readonly nodeAbi: string | null;
}

const readTimeoutMs = 60_000;

export async function readNativeFile(file: string, path: string): Promise<NativeFile> {
  // Only an addon tells its Node.js by a symbol; those of Node.js itself are a hundred thousand.
  const symbols = path.endsWith(".node") ? ["--dyn-syms"] : [];
  const args = ["-h", "-d", "-V", "-W", ...symbols, file];
  return parseReadelf(await runTool("readelf", args, { timeoutMs: readTimeoutMs }), path);
}

/** From what `readelf -h -d -V -W --dyn-syms` prints. */
export function parseReadelf(text: string, path: string): NativeFile {
  const versions: Record<string, string> = {};
  const asked = text.slice(text.indexOf("Version needs section"));
  // Only what is asked for counts; libstdc++ and libgcc define such versions themselves.
  if (text.includes("Version needs section")) {
    for (const [, family, version] of asked.matchAll(/Name: ([A-Z]+)_(\d+(?:\.\d+)*)\b/g)) {
      if (compareVersions(version!, versions[family!] ?? "0") > 0) versions[family!] = version!;
    }
  }
  return {
    path,
    machine: /Machine:\s+(.+?)\s*$/m.exec(text)?.[1] ?? "none",
    needed: [...text.matchAll(/\(NEEDED\)\s+Shared library: \[(.+?)\]/g)].map((match) => match[1]!),
    soname: /\(SONAME\)\s+Library soname: \[(.+?)\]/.exec(text)?.[1] ?? null,
    versions,
    nodeAbi: /\bnode_register_module_v(\d+)\b/.exec(text)?.[1] ?? null,
  };
}

/** Negative, zero or positive, by each number of the two from the first on. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Every reason why a board could not load one of the files; empty where all is well.
 *
 * @param files all compiled files of the release, which may find each other
 */
export function faultsOf(files: readonly NativeFile[], { elfMachine, nodeAbi }: Target): string[] {
  const carried = new Set(files.map(({ soname }) => soname));
  return files.flatMap(({ path, machine, needed, versions, nodeAbi: abi }) => [
    ...(machine === elfMachine ? [] : [`${path} is for ${machine}, not ${elfMachine}`]),
    ...(abi === null || abi === nodeAbi ? [] : [`${path} is compiled for modules ${abi} of Node.js, not ${nodeAbi}`]),
    ...needed
      .filter((library) => systemLibraries[library] === undefined && !carried.has(library))
      .map((library) => `${path} asks for ${library}, which neither the system nor the release has`),
    ...Object.entries(versions).flatMap(([family, version]) => {
      const max = symbolVersionsMax[family];
      if (max === undefined)
        return carriedFamily(family) ? [] : [`${path} asks for ${family}_${version}, which is unknown`];
      return compareVersions(version, max) <= 0 ? [] : [`${path} asks for ${family}_${version}, newer than ${max}`];
    }),
  ]);
}

/** Versions of libraries that the release carries itself. */
function carriedFamily(family: string): boolean {
  return family === "VERS" || family === "LIBATOMIC";
}

/** Throws RELEASE_UNSOUND with every fault. */
export function assertLoadable(files: readonly NativeFile[], target: Target): void {
  const faults = faultsOf(files, target);
  if (faults.length === 0) return;
  throw new FacelatchError("RELEASE_UNSOUND", {
    expected: `native parts that Debian 12 on ${target.debianArch} can load`,
    found: faults.join("; "),
    next: "Build on Debian 12, or choose versions of the packages that it can load.",
  });
}

/** Debian's packages that hold what the files ask for, with the least version of libc6. Sorted. */
export function debianDependencies(files: readonly NativeFile[]): string[] {
  const packages = new Set(files.flatMap(({ needed }) => needed.flatMap((library) => systemLibraries[library] ?? [])));
  const glibc = files
    .map(({ versions }) => versions["GLIBC"] ?? "0")
    .sort(compareVersions)
    .at(-1)!;
  return [...packages].sort().map((name) => (name === "libc6" ? `libc6 (>= ${glibc})` : name));
}
