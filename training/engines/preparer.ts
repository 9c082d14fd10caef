// How a task becomes pictures, inside the process that extracts their features: decoding and augmenting are shared out too.
import { readFile } from "node:fs/promises";
import type { RgbImage } from "../../device/bundle/image.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";

/**
 * The pictures of one task, each of which becomes a row, in their order. A module that exports
 * `openPreparer(options): Preparer | Promise<Preparer>` can be given to the pool; tasks and options must be cloneable.
 */
export type Preparer = (task: unknown) => AsyncIterable<RgbImage> | Iterable<RgbImage>;

export interface PictureTask {
  /** A prepared JPEG, used as it is. */
  readonly path: string;
}

/** The preparer of whole JPEG files. */
export function openPreparer(): Preparer {
  return async function* (task) {
    const { path } = task as PictureTask;
    try {
      yield await decodeJpeg(await readFile(path));
    } catch (cause) {
      throw new FacelatchError("IMAGE_INVALID", {
        expected: `a prepared picture at ${path}`,
        found: cause instanceof FacelatchError ? cause.detail.found : messageOf(cause),
        next: "Remove the file and prepare the class again.",
        cause,
      });
    }
  };
}
