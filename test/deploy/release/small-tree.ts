// A release that is small enough to install often: its scripts and units are the real ones, its program is not.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Described, describeTree } from "../../../deploy/release/description.ts";
import { writeSystemFiles } from "../../../deploy/release/system-files.ts";
import { targets } from "../../../deploy/release/target.ts";
import { writeText } from "../../../deploy/release/tree.ts";
import { packageRoot } from "../../../device/installation/installation.ts";

export interface SmallTree extends Described {
  readonly folder: string;
}

export function temporaryFolder(t: { after(end: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-tree-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param program what tells this release from another */
export function smallTree(t: { after(end: () => void): void }, program: string): SmallTree {
  const folder = join(temporaryFolder(t), "facelatch");
  mkdirSync(folder, { recursive: true });
  writeSystemFiles(folder);
  writeText(folder, "bin/facelatch", "#!/bin/sh\n", 0o755);
  writeText(folder, "dist/facelatch.js", program);
  copyFileSync(join(packageRoot, "deploy/release/install.sh"), join(folder, "install.sh"));
  return { folder, ...describeTree(folder, targets.arm64, null) };
}
