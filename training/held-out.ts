// Photos that are kept back from training, such as a brother's: each is scored on its own, and nothing is tuned to them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { resampleToRgb } from "../device/bundle/resample.ts";
import { FacelatchError } from "../device/errors/errors.ts";
import type { Progress } from "../device/terminal/progress.ts";
import { type FramingWithDetector, framePhoto } from "./dataset/frame-photo.ts";
import { listPhotos } from "./dataset/list-photos.ts";
import { encodeJpeg, readPhoto } from "./dataset/photo.ts";
import type { RowExtractor } from "./features/features.ts";
import { indexOfMax, type Rate, rateOf } from "./metrics.ts";

export interface HeldOutPhoto {
  /** Below the data set's folder, with `/`. */
  readonly path: string;
  /** Null where no face was found, or the photo could not be read. */
  readonly label: string | null;
  readonly scores: readonly number[] | null;
}

export interface HeldOut {
  /** Photos whose highest score is the owner's, of those with a face. */
  readonly asOwner: Rate;
  readonly photos: readonly HeldOutPhoto[];
}

interface HeldOutOptions {
  readonly dataDir: string;
  readonly heldOut?: readonly string[];
  readonly progress: Progress;
}

/** Scores the main face of every photo below each held-out path; the owner's label is the first. */
export async function scoreHeldOut(
  { dataDir, heldOut = [], progress }: HeldOutOptions,
  labels: readonly string[],
  extractor: RowExtractor,
  head: LayersModel,
  framing: FramingWithDetector,
): Promise<Record<string, HeldOut>> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-held-out-"));
  try {
    const results: Record<string, HeldOut> = {};
    for (const path of heldOut) {
      const names = await listPhotos(join(dataDir, path));
      if (names.length === 0) throw nothingThere(join(dataDir, path));
      progress.step(`held out: ${path}`, names.length);
      const photos: HeldOutPhoto[] = [];
      for (const name of names) {
        const scores = await scoresOf(join(dataDir, path, name), join(folder, "face.jpg"), extractor, head, framing);
        const label = scores === null ? null : labels[indexOfMax(scores)]!;
        photos.push({ path: `${path}/${name}`, label, scores });
        progress.advance(photos.length);
      }
      const judged = photos.filter(({ label }) => label !== null);
      results[path] = {
        asOwner: rateOf(judged.filter(({ label }) => label === labels[0]).length, judged.length),
        photos,
      };
    }
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function scoresOf(
  path: string,
  squarePath: string,
  extractor: RowExtractor,
  head: LayersModel,
  framing: FramingWithDetector,
): Promise<number[] | null> {
  try {
    const image = await readPhoto(path);
    const regions = framePhoto(framing, "owner", path, image);
    if (!Array.isArray(regions)) return null;
    // By way of a JPEG, as every prepared picture comes.
    await writeFile(squarePath, await encodeJpeg(resampleToRgb(image, regions[0]!, framing.sizePx, framing.sizePx)));
  } catch (error) {
    if (error instanceof FacelatchError && error.code === "IMAGE_INVALID") return null;
    throw error;
  }
  for await (const row of extractor.extract([{ path: squarePath, digest: "", variants: [0] }])) {
    const scores = tf.tidy(() => (head.predict(tf.tensor2d(row, [1, extractor.width])) as tf.Tensor).dataSync());
    return Array.from(scores);
  }
  return null;
}

function nothingThere(path: string): FacelatchError {
  return new FacelatchError("DATASET_INVALID", {
    expected: `photos that are held out in ${path}`,
    found: "none",
    next: "Name a folder below the data set's, such as others/brother.",
  });
}
