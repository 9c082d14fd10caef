// Two data sets as one, made of links: the photos of a run and those that came since, each class in its folder.
import { copyFile, link, readlink, realpath, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { classFolders, splitNames } from "../dataset/classes.ts";
import { finishedPath } from "../dataset/finished-class.ts";
import { listPhotos } from "../dataset/list-photos.ts";
import { statOrNull } from "../dataset/scan-photo.ts";
import { sourceListName } from "../dataset/source-list.ts";
import { makeFolder, writing } from "../write-file.ts";

/** Housemates are no class, but they are enrolled. */
const photoFolders = [...classFolders, "household"] as const;

/** Where added photos go whose names are taken. */
const addedFolder = "added";

/**
 * Links the photos of both data sets into `dataDir`; what is there already stays.
 *
 * @throws FacelatchError DATASET_INVALID when nothing is added; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function joinDataSets(dataDir: string, baseDir: string, addDir: string): Promise<void> {
  let added = 0;
  for (const folder of photoFolders) {
    const base = await listPhotos(join(baseDir, folder));
    const taken = new Set(base);
    for (const photo of base) await linkPhoto(join(baseDir, folder, photo), join(dataDir, folder, photo));
    for (const photo of await listPhotos(join(addDir, folder))) {
      const name = taken.has(photo) ? `${addedFolder}/${photo}` : photo;
      await linkPhoto(join(addDir, folder, photo), join(dataDir, folder, name));
      added++;
    }
  }
  if (added === 0) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `photos to add in ${photoFolders.map((folder) => `${folder}/`).join(", ")} of ${addDir}`,
      found: "none",
      next: "Put them into the folder of their class.",
    });
  }
  const sources = join(baseDir, sourceListName);
  if ((await statOrNull(sources)) !== null) await linkPhoto(sources, join(dataDir, sourceListName));
}

async function linkPhoto(from: string, to: string): Promise<void> {
  // The photo itself: links to links would break with the run that they lead through.
  const target = await realpath(from);
  await makeFolder(dirname(to));
  await writing(to, () => symlink(target, to).catch((error: unknown) => requireSame(error, to, target)));
}

async function requireSame(error: unknown, path: string, target: string): Promise<void> {
  const { code } = error as NodeJS.ErrnoException;
  const found = code === "EEXIST" ? await readlink(path).catch(() => "a file") : null;
  if (found === null) throw error;
  if (resolve(dirname(path), found) === target) return;
  throw new FacelatchError("OUTPUT_UNWRITABLE", {
    expected: `a link to ${target} at ${path}`,
    found: `one to ${found}`,
    next: "Choose another folder with --out: this one was made from other photos.",
  });
}

/** Gives a run the prepared pictures of another, without a copy where the file system allows it. */
export async function linkPrepared(fromDir: string, toDir: string): Promise<void> {
  for (const folder of classFolders) {
    const done = finishedPath(toDir, folder);
    if ((await statOrNull(done)) !== null) continue;
    for (const split of splitNames) {
      await makeFolder(join(toDir, split, folder));
      for (const name of await listPhotos(join(fromDir, split, folder))) {
        await linkOrCopy(join(fromDir, split, folder, name), join(toDir, split, folder, name));
      }
    }
    // Copied, and last: it changes as the class grows, and it says that the class is whole.
    await writing(done, () => copyFile(finishedPath(fromDir, folder), done));
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await writing(to, async () => {
    try {
      await link(from, to);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return;
      if (code !== "EXDEV" && code !== "EPERM" && code !== "EMLINK") throw error;
      await copyFile(from, to);
    }
  });
}
