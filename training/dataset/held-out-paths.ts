// The paths that are kept back from a training: checked before anything is learnt, so that no typing error trains on them.
import { join, normalize } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { classFolders } from "./classes.ts";
import { listPhotos } from "./list-photos.ts";

/**
 * Held-out folders as the data set's photos are named: `others/brother`, without `./`, doubled or closing slashes.
 *
 * @throws FacelatchError DATASET_INVALID for one that is not below a class's folder, or holds no photo
 */
export async function readHeldOutPaths(dataDir: string, given: readonly string[]): Promise<string[]> {
  const paths = given.map((path) => normalize(path).replaceAll("\\", "/").replace(/\/+$/, ""));
  for (const path of paths) {
    if (!classFolders.some((folder) => path.startsWith(`${folder}/`))) {
      throw heldOutInvalid(`a folder below ${classFolders.map((folder) => `${folder}/`).join(", ")}`, path);
    }
    const photos = await listPhotos(join(dataDir, path));
    if (photos.length === 0) throw heldOutInvalid(`photos that are held out in ${join(dataDir, path)}`, "none");
  }
  return paths;
}

function heldOutInvalid(expected: string, found: string): FacelatchError {
  return new FacelatchError("DATASET_INVALID", {
    expected,
    found,
    next: "Name a folder below the data set's, such as others/brother.",
  });
}
