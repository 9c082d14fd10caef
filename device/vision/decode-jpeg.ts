// Decoding of one camera frame: for the models the image library decodes and never resizes; to see motion it may shrink.
import sharp, { type Sharp } from "sharp";
import { framePixelsMax, type RgbImage } from "../bundle/image.ts";
import type { LumaPicture } from "../bundle/motion.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";

// One frame is in flight at a time: a cache and more threads would only take memory from the models.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes a whole JPEG to RGB; a truncated or damaged one is refused, not half accepted.
 *
 * @throws FacelatchError FRAME_INVALID
 */
export async function decodeJpeg(jpeg: Uint8Array): Promise<RgbImage> {
  try {
    const { data, info } = await open(jpeg)
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { data, widthPx: info.width, heightPx: info.height };
  } catch (cause) {
    throw frameInvalid(cause);
  }
}

/**
 * Decodes a JPEG to a small grey picture; from an eighth of its size on down, the decoder reads little but block means.
 *
 * @throws FacelatchError FRAME_INVALID
 */
export async function decodeSmallLuma(
  jpeg: Uint8Array,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Promise<LumaPicture> {
  try {
    const data = await open(jpeg)
      .resize(widthPx, heightPx, { fit: "fill", kernel: "linear" })
      .greyscale()
      .raw()
      .toBuffer();
    return { data, widthPx, heightPx };
  } catch (cause) {
    throw frameInvalid(cause);
  }
}

function open(jpeg: Uint8Array): Sharp {
  return sharp(jpeg, { limitInputPixels: framePixelsMax, failOn: "warning" });
}

function frameInvalid(cause: unknown): FacelatchError {
  return new FacelatchError("FRAME_INVALID", {
    expected: "a whole JPEG frame",
    found: messageOf(cause).split("\n")[0] ?? "an error",
    next: "The frame is dropped; if this repeats, check the camera's cable and its format.",
    cause,
  });
}
