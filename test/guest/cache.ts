// What takes long to build is kept by its name, which holds the versions that it was made of.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export const cacheFolder = process.env["FACELATCH_GUEST_CACHE"] ?? join(homedir(), ".cache/facelatch-guest");

const askAgainMs = 500;

/** The folder of this name; `build` fills a new one, which counts only when it is whole. */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  await mkdir(cacheFolder, { recursive: true });
  // Tests run side by side: the second one waits for what the first one builds.
  const release = await holdLock(join(cacheFolder, `${name}.lock`));
  try {
    if (existsSync(folder)) return folder;
    const unfinished = await mkdtemp(join(cacheFolder, "unfinished-"));
    try {
      await build(unfinished);
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    return folder;
  } finally {
    await release();
  }
}

/** @returns what gives it back */
async function holdLock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await isLeftBehind(path)) await rm(path, { force: true });
    else await wait(askAgainMs);
  }
}

async function isLeftBehind(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, "utf8").catch(() => String(process.pid)));
  // It was made a moment ago, and says nothing yet.
  if (pid === 0) return false;
  return !existsSync(`/proc/${pid}`);
}
