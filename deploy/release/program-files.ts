// The compiled files of the board's program: all of device/, and of deploy/ what its command line reaches.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";

const entry = "dist/deploy/board.js";
const pageAssets = "device/api/page";

interface Reached {
  /** Relative to the project, sorted. */
  readonly files: readonly string[];
  /** Names of packages that they import, sorted. */
  readonly packages: readonly string[];
}

/**
 * Follows the imports from the board's command line and from everything in dist/device/.
 *
 * @param root the project's folder, with a finished build
 * @throws FacelatchError INPUT_MISSING without a build, RELEASE_UNSOUND where an import leads out of the board's part
 */
export function programFiles(root: string): Reached {
  if (!existsSync(join(root, entry))) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `a build in ${root}, with ${entry}`,
      found: "none",
      next: "Run `npm run build`.",
    });
  }
  const waiting = [entry, ...filesBelow(root, "dist/device").filter((path) => path.endsWith(".js"))];
  const files = new Set<string>();
  const packages = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    if (file.startsWith("dist/device/api/page/")) continue;
    for (const specifier of importsOf(readFileSync(join(root, file), "utf8"))) {
      if (specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".")) waiting.push(targetOf(root, file, specifier));
      else packages.add(packageOf(specifier));
    }
  }
  const assets = filesBelow(root, pageAssets).filter((path) => /\/[a-z-]+\.(?:html|css|svg)$/.test(path));
  return { files: [...files, ...assets].sort(), packages: [...packages].sort() };
}

/** Static and dynamic imports, by literal names alone. */
export function importsOf(source: string): string[] {
  const joined = source.matchAll(/^(?:import|export)\b[^;"]*?\bfrom\s+"([^"]+)"/gm);
  // Not the option of that name, which stands in quotes.
  const bare = source.matchAll(/(?<!-)\bimport\s*\(?\s*"([^"]+)"/g);
  return [...joined, ...bare].map((match) => match[1]!);
}

export function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function targetOf(root: string, file: string, specifier: string): string {
  const target = relative(root, join(root, dirname(file), specifier));
  const allowed = target.startsWith("dist/device/") || target.startsWith("dist/deploy/");
  if (allowed && existsSync(join(root, target))) return target;
  throw new FacelatchError("RELEASE_UNSOUND", {
    expected: `${file} to import compiled files of device/ and deploy/ alone`,
    found: allowed ? `${target}, which does not exist` : target,
    next: allowed ? "Run `npm run build`." : "The board has no training: take that import out.",
  });
}

/** Of files, without folders; relative to `root`, sorted. */
export function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => relative(root, join(found.parentPath, found.name)))
    .sort();
}
