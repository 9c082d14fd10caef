// reports/fuzz.json: the figures of each target, from whichever test measured them.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../device/installation/installation.ts";

export interface FuzzFigures {
  cases: number;
  crashes: number;
  accepted: number;
  serverErrors: number;
}

/** Adds to the report what was measured, in place of what was there of the same targets. */
export function reportFuzz(targets: Readonly<Record<string, FuzzFigures>>): void {
  const folder = join(packageRoot, "reports");
  const path = join(folder, "fuzz.json");
  mkdirSync(folder, { recursive: true });
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as object) : {};
  writeFileSync(`${path}.next`, `${JSON.stringify({ ...before, ...targets }, null, 2)}\n`);
  renameSync(`${path}.next`, path);
}
