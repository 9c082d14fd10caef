// What trainings in these tests may see: the owner's folder and every second person of one source; the rest measures.
import { mkdir, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Face } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import { readPhoto } from "../../training/dataset/photo.ts";
import { listKnownPhotos } from "../../training/evaluation/photo-set.ts";
import { silentProgress } from "../training/silent-progress.ts";
import { sharedPath } from "./pictures.ts";

export const quiet = silentProgress();

/** A new folder with owner/, others/ and objects/, and the photos of strangers who are not in it. */
export async function linkTrainingSide(): Promise<{ readonly dataDir: string; readonly unseen: readonly string[] }> {
  const dataDir = await mkdtemp(join(tmpdir(), "facelatch-side-"));
  for (const folder of ["owner", "objects"]) await symlink(sharedPath("data", "sets", folder), join(dataDir, folder));
  const photos = await listKnownPhotos(sharedPath("data", "sets", "others", "lfw"));
  const identities = [...new Set(photos.map(({ identity }) => identity))].sort();
  const unseen: string[] = [];
  for (const { path, identity } of photos) {
    if (identities.indexOf(identity) % 2 === 0) {
      await mkdir(join(dataDir, "others", identity!), { recursive: true });
      await symlink(path, join(dataDir, "others", identity!, basename(path)));
    } else {
      unseen.push(path);
    }
  }
  return { dataDir, unseen };
}

/** How many photos show a face, and how many of those are suspected. */
export async function countSuspected(
  photos: readonly string[],
  detectFaces: FaceDetector,
  isSuspected: (image: RgbImage, face: Face) => boolean,
): Promise<{ readonly suspected: number; readonly of: number }> {
  const count = { suspected: 0, of: 0 };
  for (const path of photos) {
    const image = await readPhoto(path);
    const [face] = detectFaces(image);
    if (face === undefined) continue;
    count.of++;
    if (isSuspected(image, face)) count.suspected++;
  }
  return count;
}
