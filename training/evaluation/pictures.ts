// Small pictures of faces for reports: what somebody must see to understand a mistake.

import sharp from "sharp";
import { type Face, frameFace } from "../../device/bundle/faces.ts";
import { centreSquare, resampleToRgb } from "../../device/bundle/resample.ts";
import { encodeJpeg, readPhoto } from "../dataset/photo.ts";

const sizePx = 112;
/** Hair and chin belong to what people know a face by. */
const marginRatio = 1.6;

/** A face of a photo, or its middle without one, as a JPEG of a few kilobytes; null where it cannot be read. */
export async function facePicture(path: string, face: Face | null): Promise<Uint8Array | null> {
  const image = await readPhoto(path).catch(() => null);
  if (image === null) return null;
  const region = face === null ? centreSquare(image) : frameFace(face, marginRatio);
  const square = await encodeJpeg(resampleToRgb(image, region, sizePx, sizePx));
  return sharp(square).jpeg({ quality: 78 }).toBuffer();
}
