// Reads a photo as the device would read a frame: through JPEG, detect, choose the subject, refine, align, embed.
import type { Face } from "../../device/bundle/faces.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { Engine } from "../../device/vision/engine.ts";
import { openFaceEmbedder } from "../../device/vision/face-embedder.ts";
import { encodeJpeg, readPhoto } from "../dataset/photo.ts";
import { openTrainingDetector, openTrainingRefiner } from "../detector.ts";
import { readVerifierModel } from "./verifier-model.ts";

export interface Subject {
  /** With refined landmarks. */
  readonly face: Face;
  /** A unit vector. */
  readonly embedding: Float32Array;
  /** The aligned crop, [112, 112, 3], 0 to 255. */
  readonly aligned: Float32Array;
}

export interface FaceReading {
  readonly path: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly faces: readonly Face[];
  /** Null without a face. */
  readonly subject: Subject | null;
}

export interface FaceReaderOptions {
  /** Takes the face nearest to the middle, as whoever photographs somebody frames him, instead of the largest. */
  readonly central?: boolean;
}

/** Throws IMAGE_INVALID for a file that is no picture. */
export type FaceReader = (path: string, options?: FaceReaderOptions) => Promise<FaceReading>;

export async function openFaceReader(engine: Engine): Promise<FaceReader> {
  const detect = await openTrainingDetector(engine);
  const refine = await openTrainingRefiner(engine);
  const { bytes, settings } = await readVerifierModel();
  const embed = openFaceEmbedder(engine, bytes, settings);
  return async (path, { central = false } = {}) => {
    const image = await decodeJpeg(await encodeJpeg(await readPhoto(path)));
    const { widthPx, heightPx } = image;
    const faces = detect(image);
    const found = central ? centralFace(faces, widthPx, heightPx) : faces[0];
    if (found === undefined) return { path, widthPx, heightPx, faces, subject: null };
    const face = refine(image, found);
    const { embedding, aligned } = embed(image, face);
    return { path, widthPx, heightPx, faces, subject: { face, embedding, aligned: aligned.slice() } };
  };
}

/** The face nearest to the middle. */
export function centralFace(faces: readonly Face[], widthPx: number, heightPx: number): Face | undefined {
  const distance = ({ box }: Face) =>
    Math.hypot(box.leftPx + (box.widthPx - widthPx) / 2, box.topPx + (box.heightPx - heightPx) / 2);
  return faces.toSorted((a, b) => distance(a) - distance(b))[0];
}
