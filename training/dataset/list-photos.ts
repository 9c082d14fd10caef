// Which photos a folder holds, through links and subfolders, in an order that does not depend on the file system.
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

const photoName = /\.(jpe?g|png|webp|hei[cf]|avif|tiff?)$/i;
const photosMax = 200_000;

/**
 * Photos below a folder, relative to it, with `/`, sorted; empty when the folder is missing. Names that begin with a
 * dot are other programs' own.
 *
 * @throws FacelatchError DATASET_INVALID naming the folder that cannot be read, or for too many photos
 */
export async function listPhotos(folder: string): Promise<string[]> {
  const photos: string[] = [];
  await collect(folder, "", new Set(), photos);
  return photos.sort();
}

async function collect(root: string, below: string, entered: Set<string>, photos: string[]): Promise<void> {
  const folder = join(root, below);
  const entries = await entriesOf(folder, below === "");
  if (entries.length === 0) return;
  // A link to a folder further up would never end.
  const real = await realpath(folder);
  if (entered.has(real)) return;
  entered.add(real);
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await kindOfTarget(join(root, path)) : entry;
    if (kind?.isDirectory() === true) await collect(root, path, entered, photos);
    else if (kind?.isFile() === true && photoName.test(entry.name)) photos.push(path);
    if (photos.length > photosMax) throw tooMany(root);
  }
}

async function entriesOf(folder: string, isRoot: boolean) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" && isRoot) return [];
    throw new FacelatchError("DATASET_INVALID", {
      expected: `a folder that can be read at ${folder}`,
      found: code === "EACCES" ? "no permission to read it" : messageOf(cause),
      next: "Allow this user to read the folder, or take it out of the data set.",
      cause,
    });
  }
}

/** Null for a link that leads nowhere. */
async function kindOfTarget(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ELOOP") return null;
    throw error;
  });
}

function tooMany(folder: string): FacelatchError {
  return new FacelatchError("DATASET_INVALID", {
    expected: `at most ${photosMax} photos in ${folder}`,
    found: "more",
    next: "Train on a selection.",
  });
}
