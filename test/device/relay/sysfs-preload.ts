// Loaded into a process before its own program: puts the stand-in for the kernel's GPIO files in place there.
import assert from "node:assert/strict";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { FakeSysfs } from "./fake-sysfs.ts";

const kernelRoot = "/sys/class/gpio";
const root = new URL(import.meta.url).searchParams.get("root");
assert.ok(root !== null, "the folder is named in the query");
new FakeSysfs([], root);

const { readdir, readFile } = fs.promises;
const redirected = (path: unknown) =>
  typeof path === "string" && path.startsWith(kernelRoot) ? join(root, path.slice(kernelRoot.length)) : path;
fs.promises.readdir = ((path: string, ...rest: []) => readdir(redirected(path) as string, ...rest)) as typeof readdir;
fs.promises.readFile = ((path: string, ...rest: []) =>
  readFile(redirected(path) as string, ...rest)) as typeof readFile;
syncBuiltinESMExports();
