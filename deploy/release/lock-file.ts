// Reads package-lock.json: which packages a board needs at run time, and the pinned content of one.
import { FacelatchError } from "../../device/errors/errors.ts";
import type { PinnedPackage, Target } from "./target.ts";

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  /** By path, such as `node_modules/ajv/node_modules/fast-uri`; the project itself is "". */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/**
 * What a package needs for its compilation alone, or not for the part of it that is used: of tfjs-tflite-node it is the
 * addon, without the package's own JavaScript.
 */
const notAtRunTime: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["prebuild-install"],
  epoll: ["nan"],
  "tfjs-tflite-node": ["@tensorflow/tfjs-tflite", "bindings", "node-addon-api", "node-fetch"],
};

/** Parts of packages for the runtime Bare, in whose place Node.js has its own. */
const otherRuntime = /^bare-(?:buffer|events|fs|os|path|stream|url)$/;

/** sharp's own compiled part, which is optional to sharp but not to a board. */
export function sharpPackages(lock: LockFile, { arch }: Target): PinnedPackage[] {
  return [`@img/sharp-linux-${arch}`, `@img/sharp-libvips-linux-${arch}`].map((name) => pinnedIn(lock, name));
}

/** Throws INPUT_INVALID where the lock file does not hold the package with its integrity. */
export function pinnedIn(lock: LockFile, name: string): PinnedPackage {
  const locked = lock.packages[`node_modules/${name}`];
  if (locked?.integrity === undefined) {
    throw new FacelatchError("INPUT_INVALID", {
      expected: `${name} with its integrity in package-lock.json`,
      found: locked === undefined ? "no such package" : "no integrity",
      next: "Run `npm install --package-lock-only`, and commit the lock file.",
    });
  }
  return { name, version: locked.version, integrity: locked.integrity };
}

/**
 * The paths of the packages that the program itself reaches at run time, sorted.
 *
 * @param roots names of packages that are needed whatever depends on them
 */
export function runTimePackages(lock: LockFile, roots: readonly string[]): string[] {
  const kept = new Set<string>();
  const visit = (path: string): void => {
    if (kept.has(path)) return;
    kept.add(path);
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[path] ?? {};
    // npm lists what is optional among the others as well.
    const skipped = [...(notAtRunTime[nameOf(path)] ?? []), ...Object.keys(optionalDependencies)];
    const needed = Object.keys(dependencies).filter((name) => !otherRuntime.test(name));
    for (const name of needed.filter((candidate) => !skipped.includes(candidate))) visit(resolve(lock, path, name));
  };
  visit("");
  for (const name of roots) visit(resolve(lock, "", name));
  kept.delete("");
  return [...kept].sort();
}

/** As Node.js finds it: beside the package that asks, then beside each one around that. */
function resolve(lock: LockFile, from: string, name: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock.packages[path] !== undefined) return path;
    if (folder === "") {
      throw new FacelatchError("INPUT_INVALID", {
        expected: `${name}, which ${from} needs, in package-lock.json`,
        found: "no such package",
        next: "Run `npm install --package-lock-only`, and commit the lock file.",
      });
    }
  }
}

/** `@scope/name` of a path; "" of the project itself. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + (path.includes("node_modules/") ? "node_modules/".length : 0));
}
