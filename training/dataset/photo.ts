// Reading one photo of a data set: any format that sharp decodes, turned as its EXIF says.
import sharp from "sharp";
import { imagePixelsMax, type RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

/** Photos are shrunk to this longest side before anything looks at them: faces are found at 128 px anyway. */
const longestSidePx = 1600;

/**
 * Decodes a photo to RGB.
 *
 * @throws FacelatchError IMAGE_INVALID, naming the file
 */
export async function readPhoto(path: string): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(path, { limitInputPixels: imagePixelsMax })
      .rotate()
      .resize(longestSidePx, longestSidePx, { fit: "inside", withoutEnlargement: true })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { data, widthPx: info.width, heightPx: info.height };
  } catch (cause) {
    throw new FacelatchError("IMAGE_INVALID", {
      expected: `a picture at ${path}`,
      found: messageOf(cause).split("\n")[0] ?? "an error",
      next: "Remove the file or save it again as JPEG or PNG.",
      cause,
    });
  }
}

/** Encodes a picture as JPEG, quality 95, without subsampling the colours. */
export async function encodeJpeg({ data, widthPx, heightPx }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
    .toBuffer();
}
