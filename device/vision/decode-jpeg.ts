// Decoding of one camera frame: the image library decodes, it never resizes.
import sharp from "sharp";
import { framePixelsMax, type RgbImage } from "../bundle/image.ts";
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
    const { data, info } = await sharp(jpeg, { limitInputPixels: framePixelsMax, failOn: "warning" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { data, widthPx: info.width, heightPx: info.height };
  } catch (cause) {
    throw new FacelatchError("FRAME_INVALID", {
      expected: "a whole JPEG frame",
      found: messageOf(cause).split("\n")[0] ?? "an error",
      next: "The frame is dropped; if this repeats, check the camera's cable and its format.",
      cause,
    });
  }
}
