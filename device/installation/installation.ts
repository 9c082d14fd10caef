// Where the program is installed, and which version it is.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

function findPackageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("no package.json above the program: the installation is incomplete");
    folder = parent;
  }
  return folder;
}

/** The folder that holds package.json, absolute; the same for compiled and uncompiled code. */
export const packageRoot: string = findPackageRoot();

export const version: string = (
  JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { readonly version: string }
).version;

/** The path of a program file beside `moduleUrl`'s, with the extension that this build runs. */
export function siblingModule(moduleFile: string, name: string): string {
  return join(dirname(moduleFile), `${name}${moduleFile.endsWith(".ts") ? ".ts" : ".js"}`);
}
