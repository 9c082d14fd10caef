// Real processes that are killed in the middle of an update on real files, and the real daemon started on what they left.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../../device/installation/installation.ts";
import { realFiles, type SlotFiles } from "../../device/slots/slot-files.ts";
import type { Course } from "./courses.ts";
import { engineOn, type PowerSite } from "./power-site.ts";

const childTimeoutMs = 60_000;

/** Real files without the wait for the disk: a kill loses nothing that was written. */
export const quickFiles: SlotFiles = { ...realFiles, syncFile: async () => {}, syncFolder: async () => {} };

/** What a course begins with, on real files. */
export async function prepareFolder(course: Course, site: PowerSite): Promise<string> {
  const folder = join(site.folder, "begun");
  await realFiles.makeFolder(folder);
  await course.before(engineOn(site.keys, folder, quickFiles), site);
  return folder;
}

/**
 * Runs the course in a process of its own on a copy of `begun`, killed at a step.
 *
 * @returns the copy, and whether the process came to its end before that step
 */
export async function runUntilKilled(
  course: Course,
  site: PowerSite,
  begun: string,
  step: number,
): Promise<{ readonly stateDir: string; readonly ended: boolean }> {
  const stateDir = join(site.folder, "killed");
  await rm(stateDir, { recursive: true, force: true });
  await cp(begun, stateDir, { recursive: true, verbatimSymlinks: true });
  const program = join(packageRoot, "dist/test/power/kill-at-step.js");
  const args = [program, course.name, String(step), stateDir, site.keys, ...site.archives];
  const env = { ...process.env, BUNDLES: JSON.stringify(site.bundles.map(({ sha256 }) => sha256)) };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"], env });
  const late = new AbortController();
  const killer = delay(childTimeoutMs, undefined, { signal: late.signal }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  late.abort();
  await killer;
  assert.ok(code === 0 || signal === "SIGKILL", `${course.name}, step ${step}: ${code}, ${signal}`);
  return { stateDir, ended: code === 0 };
}
