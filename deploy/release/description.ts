// What a release says of itself: the digest of each file, and one identity that follows from all of them.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../device/installation/installation.ts";
import { filesBelow } from "./program-files.ts";
import type { Target } from "./target.ts";
import { writeText } from "./tree.ts";

export interface Described {
  /** The folder that it is installed as: the version, and the first digits of `sha256`. */
  readonly id: string;
  /** Of SHA256SUMS, which holds the digest of every other file. */
  readonly sha256: string;
  readonly files: number;
  readonly bytes: number;
}

/** Writes SHA256SUMS, over all files that are there, and RELEASE, which install.sh reads. */
export function describeTree(tree: string, target: Target, commit: string | null): Described {
  writeText(
    tree,
    "release.json",
    `${JSON.stringify({ version, commit, arch: target.arch, node: target.node.version }, null, 2)}\n`,
  );
  const files = filesBelow(tree, ".");
  const sums = files.map((path) => `${digestOf(readFileSync(join(tree, path)))}  ${path}\n`).join("");
  writeText(tree, "SHA256SUMS", sums);
  const sha256 = digestOf(sums);
  const id = `${version}-${sha256.slice(0, 12)}`;
  writeText(tree, "RELEASE", `id=${id}\nmachine=${target.machine}\ndebian_arch=${target.debianArch}\n`);
  const bytes = files.reduce((sum, path) => sum + statSync(join(tree, path)).size, 0);
  return { id, sha256, files: files.length + 2, bytes };
}

function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

export interface SizeRow {
  readonly part: string;
  readonly files: number;
  readonly bytes: number;
}

/** What is large: single files of a megabyte or more, and the rest by its folder. The largest first. */
export function sizesOf(tree: string): SizeRow[] {
  const rows = new Map<string, { files: number; bytes: number }>();
  for (const path of filesBelow(tree, ".")) {
    const bytes = statSync(join(tree, path)).size;
    const part = bytes >= 1_000_000 ? path : partOf(path);
    const row = rows.get(part) ?? { files: 0, bytes: 0 };
    rows.set(part, { files: row.files + 1, bytes: row.bytes + bytes });
  }
  return [...rows].map(([part, row]) => ({ part, ...row })).sort((a, b) => b.bytes - a.bytes);
}

function partOf(path: string): string {
  const [first, second, third] = path.split("/");
  if (first !== "node_modules") return second === undefined ? "(top)" : first!;
  return second!.startsWith("@") ? `${first}/${second}/${third}` : `${first}/${second}`;
}
