// A decoded picture, and the limits of one.

/** Interleaved 8-bit RGB, row by row from the top left: `data[(y * widthPx + x) * 3 + channel]`. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The largest picture that any stage decodes, in pixels: a 12,000 x 12,000 photo. */
export const imagePixelsMax = 144_000_000;

/** The largest camera frame, in bytes of JPEG and in pixels. */
export const frameBytesMax = 8 * 1024 * 1024;
export const framePixelsMax = 4096 * 3072;
