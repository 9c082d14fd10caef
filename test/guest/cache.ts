// What takes long to build is kept by its name, which holds the versions that it was made of.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export const cacheFolder = process.env["FACELATCH_GUEST_CACHE"] ?? join(homedir(), ".cache/facelatch-guest");

/** The folder of this name; `build` fills a new one, which counts only when it is whole. */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const unfinished = await mkdtemp(join(cacheFolder, "unfinished-"));
  try {
    await build(unfinished);
    // Another test may have been as quick.
    if (!existsSync(folder)) await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}
