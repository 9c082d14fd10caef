// Reads the user's own photos for the renderers: faces found, and no more of each picture kept than is looked at.
import { join } from "node:path";
import type { Face, Point } from "../../device/bundle/faces.ts";
import { frameFace } from "../../device/bundle/faces.ts";
import type { Region, RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import type { ClassFolder } from "../dataset/classes.ts";
import { folderOf } from "../dataset/groups.ts";
import { listPhotos } from "../dataset/list-photos.ts";
import { readPhoto } from "../dataset/photo.ts";
import { canvasFrom, imageOf } from "./canvas.ts";
import { chooseEvenly, type GenuinePhoto } from "./fit-presentation.ts";

const sceneSidePxMax = 800;

export interface ReadGenuineOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  readonly detectFaces: FaceDetector;
  readonly faceWidthMinPx: number;
  readonly photosMax: number;
  readonly scenesMax: number;
  /** Whether a photo, relative to its class's folder, may be learnt from: one of the test split may not. */
  readonly isForTraining: (folder: "owner" | "others", photo: string) => boolean;
  readonly seed: number;
}

/** Half of the photos are the owner's where there are so many. Photos without a face, or damaged, are left out. */
export async function readGenuinePhotos(
  options: ReadGenuineOptions,
): Promise<{ readonly photos: readonly GenuinePhoto[]; readonly scenes: readonly RgbImage[] }> {
  const { dataDir, photosMax, scenesMax, seed } = options;
  const list = async (folder: ClassFolder) =>
    (await listPhotos(join(dataDir, folder)))
      .filter((photo) => folder === "objects" || options.isForTraining(folder, photo))
      .map((photo) => ({ path: join(dataDir, folder, photo), group: folderOf(`${folder}/${photo}`) }));
  const [owner, others, objects] = await Promise.all([list("owner"), list("others"), list("objects")]);
  const ownerCount = Math.max(Math.ceil(photosMax / 2), photosMax - others.length);
  const wanted = [
    ...chooseEvenly(owner, ownerCount, seed),
    ...chooseEvenly(others, photosMax - Math.min(ownerCount, owner.length), seed),
  ];
  const photos: GenuinePhoto[] = [];
  for (const { path, group } of wanted) {
    const image = await readOrNull(path);
    const face = image === null ? undefined : options.detectFaces(image)[0];
    if (image === null || face === undefined || face.box.widthPx < options.faceWidthMinPx) continue;
    photos.push({ ...reduce(image, face), group });
  }
  const scenes: RgbImage[] = [];
  for (const { path } of chooseEvenly(objects, scenesMax, seed)) {
    const image = await readOrNull(path);
    if (image !== null) scenes.push(shrink(image));
  }
  return { photos, scenes };
}

async function readOrNull(path: string): Promise<RgbImage | null> {
  try {
    return await readPhoto(path);
  } catch (error) {
    // The preparation of the data set lists it as skipped.
    if (error instanceof FacelatchError && error.code === "IMAGE_INVALID") return null;
    throw error;
  }
}

export interface Reach {
  /** Larger faces are shrunk to it. */
  readonly facePxMax: number;
  /** Kept around the middle of the face to each side, in faces. */
  readonly reachRatio: number;
}

/** No rendering of an attack shows a larger face, or more around it. */
const attackReach: Reach = { facePxMax: 170, reachRatio: 2.4 };

/** The part of a photo around its face. */
export function reduce(
  image: RgbImage,
  face: Face,
  { facePxMax, reachRatio }: Reach = attackReach,
): { readonly image: RgbImage; readonly face: Face } {
  const around = frameFace(face, 2 * reachRatio);
  const leftPx = Math.max(0, Math.floor(around.leftPx));
  const topPx = Math.max(0, Math.floor(around.topPx));
  const region: Region = {
    leftPx,
    topPx,
    widthPx: Math.min(image.widthPx, Math.ceil(around.leftPx + around.widthPx)) - leftPx,
    heightPx: Math.min(image.heightPx, Math.ceil(around.topPx + around.heightPx)) - topPx,
  };
  const scale = Math.min(1, facePxMax / Math.max(face.box.widthPx, face.box.heightPx));
  const widthPx = Math.max(1, Math.round(region.widthPx * scale));
  const heightPx = Math.max(1, Math.round(region.heightPx * scale));
  const x = (xPx: number) => ((xPx - leftPx) * widthPx) / region.widthPx;
  const y = (yPx: number) => ((yPx - topPx) * heightPx) / region.heightPx;
  const move = (place: Point): Point => ({ xPx: x(place.xPx), yPx: y(place.yPx) });
  const { box } = face;
  return {
    image: imageOf(canvasFrom(image, region, widthPx, heightPx)),
    face: {
      box: {
        leftPx: x(box.leftPx),
        topPx: y(box.topPx),
        widthPx: (box.widthPx * widthPx) / region.widthPx,
        heightPx: (box.heightPx * heightPx) / region.heightPx,
      },
      landmarks: face.landmarks.map(move),
      score: face.score,
    },
  };
}

function shrink(image: RgbImage): RgbImage {
  const scale = Math.min(1, sceneSidePxMax / Math.max(image.widthPx, image.heightPx));
  if (scale === 1) return image;
  const region = { leftPx: 0, topPx: 0, widthPx: image.widthPx, heightPx: image.heightPx };
  return imageOf(
    canvasFrom(
      image,
      region,
      Math.max(1, Math.round(image.widthPx * scale)),
      Math.max(1, Math.round(image.heightPx * scale)),
    ),
  );
}
