// What one JPEG of a camera is, by its pixels alone: its size, and whether anything keeps the camera from seeing.
import { motionShrink } from "../bundle/motion.ts";
import { type Obstruction, obstructionOf } from "../bundle/obstruction.ts";
import { decodeJpeg, decodeSmallLuma } from "../vision/decode-jpeg.ts";

export interface PictureLook {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly obstruction: Obstruction | null;
}

/** Throws FRAME_INVALID. */
export async function lookAtPicture(jpeg: Uint8Array): Promise<PictureLook> {
  const { widthPx, heightPx } = await decodeJpeg(jpeg);
  const small = { widthPx: Math.ceil(widthPx / motionShrink), heightPx: Math.ceil(heightPx / motionShrink) };
  return { widthPx, heightPx, obstruction: obstructionOf(await decodeSmallLuma(jpeg, small)) };
}
