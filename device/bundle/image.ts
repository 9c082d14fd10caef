// A decoded picture, a region of one, and their limits.

/** Interleaved 8-bit RGB, row by row from the top left: `data[(y * widthPx + x) * 3 + channel]`. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** An axis-aligned region in pixels; may reach beyond the picture, whose border pixels then repeat. */
export interface Region {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The largest picture that any stage decodes, in pixels: a 12,000 x 12,000 photo. */
export const imagePixelsMax = 144_000_000;

/** The largest camera frame, in bytes of JPEG and in pixels. */
export const frameBytesMax = 8 * 1024 * 1024;
export const framePixelsMax = 4096 * 3072;
