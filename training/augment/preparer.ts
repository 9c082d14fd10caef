// How one prepared picture becomes the variants whose features are extracted; runs in whatever process extracts.
import { readFile } from "node:fs/promises";
import type { RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import { makeVariant } from "./augment.ts";

/** Of one picture, the variants that are wanted: see `drawAugmentation`. Can be sent to another process. */
export interface VariantTask {
  readonly path: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly digest: string;
  readonly variants: readonly number[];
}

export interface VariantOptions {
  readonly seed: number;
}

/** Turns a task into its pictures, in the order of its variants. Throws IMAGE_INVALID naming the picture. */
export function openPreparer(options: unknown): (task: unknown) => AsyncGenerator<RgbImage> {
  const { seed } = options as VariantOptions;
  return async function* (task) {
    const { path, digest, variants } = task as VariantTask;
    const image = await readPrepared(path);
    for (const variant of variants) yield await makeVariant(image, seed, digest, variant);
  };
}

async function readPrepared(path: string): Promise<RgbImage> {
  try {
    return await decodeJpeg(await readFile(path));
  } catch (cause) {
    throw new FacelatchError("IMAGE_INVALID", {
      expected: `a prepared picture at ${path}`,
      found: cause instanceof FacelatchError ? cause.detail.found : messageOf(cause),
      next: "Delete it and the class's file in the prepared folder, then train again: the class is prepared anew.",
      cause,
    });
  }
}
