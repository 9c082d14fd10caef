// Reading one photo of a data set: any format that sharp decodes, turned as its EXIF says.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import sharp from "sharp";
import { imagePixelsMax, type RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { type Capture, readCapture } from "./exif.ts";

/** Photos are shrunk to this longest side before anything looks at them: faces are found at 128 px anyway. */
const longestSidePx = 1600;

/** Smaller pictures hold nothing to learn from. */
const shortestSidePx = 32;

const photoBytesMax = 512 * 1024 * 1024;

export interface Photo {
  readonly image: RgbImage;
  /** Of the file. */
  readonly sha256: string;
  /** Null where the file does not say. */
  readonly capture: Capture | null;
}

/**
 * Decodes a photo to RGB.
 *
 * @throws FacelatchError IMAGE_INVALID, naming the file
 */
export async function readPhoto(path: string): Promise<RgbImage> {
  return (await openPhoto(path)).image;
}

/** Decodes a photo, and tells what else its file says. Throws IMAGE_INVALID, naming the file. */
export async function openPhoto(path: string): Promise<Photo> {
  try {
    const { size } = await stat(path);
    if (size > photoBytesMax) throw new Error(`${size} bytes`);
    const bytes = await readFile(path);
    const { exif } = await sharp(bytes, { limitInputPixels: imagePixelsMax }).metadata();
    const image = await decode(bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { image, sha256, capture: exif === undefined ? null : readCapture(exif) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function decode(bytes: Uint8Array): Promise<RgbImage> {
  const { data, info } = await sharp(bytes, { limitInputPixels: imagePixelsMax })
    .rotate()
    .resize(longestSidePx, longestSidePx, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  return { data, widthPx: info.width, heightPx: info.height };
}

function unreadable(path: string, cause: unknown): FacelatchError {
  const { code } = cause as NodeJS.ErrnoException;
  const found: Readonly<Record<string, string>> = {
    ENOENT: "no file; it was moved or deleted meanwhile",
    EACCES: "no permission to read it",
  };
  const isHeic = /^\.hei[cf]$/i.test(extname(path));
  return new FacelatchError("IMAGE_INVALID", {
    expected: `a picture at ${path}`,
    found: found[code ?? ""] ?? messageOf(cause).split("\n")[0] ?? "an error",
    next: isHeic
      ? "Export it as JPEG: the installed sharp reads no HEVC."
      : "Remove the file or save it again as JPEG or PNG.",
    cause,
  });
}

/** Throws IMAGE_INVALID for a picture in which nothing can be seen. */
export function assertLargeEnough({ widthPx, heightPx }: RgbImage, path: string): void {
  if (Math.min(widthPx, heightPx) >= shortestSidePx) return;
  throw new FacelatchError("IMAGE_INVALID", {
    expected: `a picture of at least ${shortestSidePx} px on each side at ${path}`,
    found: `${widthPx} x ${heightPx} px`,
    next: "Remove the file.",
  });
}

/** Encodes a picture as JPEG, quality 95, without subsampling the colours. */
export async function encodeJpeg({ data, widthPx, heightPx }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
    .toBuffer();
}
