// A picture at the width that it is kept in, made by the threads of the image library and not by the daemon's own.
import { framePixelsMax } from "../bundle/image.ts";

const jpegQuality = 80;
const timeLimitS = 5;

/** Loading it holds up everything for a moment, and takes memory: for whoever keeps pictures, and before there is one. */
export async function loadImageLibrary(): Promise<typeof import("sharp").default> {
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}

/**
 * Makes a JPEG no wider than `widthPx`, without what a camera writes beside a picture. One that is so narrow already, and one
 * that cannot be decoded within seconds, is given back as it came. Never rejects.
 *
 * The models' process decoded the same bytes with the same library before: what brings that down gets no further than there.
 */
export async function shrinkJpeg(jpeg: Uint8Array, widthPx: number): Promise<Uint8Array> {
  try {
    const sharp = await loadImageLibrary();
    const picture = sharp(jpeg, { limitInputPixels: framePixelsMax, failOn: "warning" });
    const { autoOrient } = await picture.metadata();
    if (autoOrient.width <= widthPx) return jpeg;
    return await picture
      .timeout({ seconds: timeLimitS })
      .autoOrient()
      .resize({ width: widthPx })
      .jpeg({ quality: jpegQuality })
      .toBuffer();
  } catch {
    // The picture counts for more than its size, which is bounded in any case.
    return jpeg;
  }
}
