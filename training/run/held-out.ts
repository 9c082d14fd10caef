// Photos that are kept back from training, such as a brother's: each is scored on its own, and nothing is tuned to them.
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Progress } from "../../device/terminal/progress.ts";
import type { Framing } from "../dataset/frame-photo.ts";
import { listPhotos } from "../dataset/list-photos.ts";
import { picturesFolder } from "../dataset/scan-photo.ts";
import { Scanner } from "../dataset/scanner.ts";
import type { VariantExtractor } from "../features/variant-extractor.ts";
import { indexOfMax, type Rate, rateOf } from "../metrics.ts";
import { makeFolder } from "../write-file.ts";
import { runFolder } from "./run-folder.ts";

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

export interface HeldOutOptions {
  readonly dataDir: string;
  readonly runDir: string;
  /** Folders below the data set's. */
  readonly heldOut: readonly string[];
  readonly framing: Framing;
  readonly labels: readonly string[];
  readonly extractor: VariantExtractor;
  readonly head: LayersModel;
  readonly progress: Progress;
}

/** Scores the main face of every photo below each held-out path; the owner's label is the first. */
export async function scoreHeldOut(options: HeldOutOptions): Promise<Record<string, HeldOut>> {
  const results: Record<string, HeldOut> = {};
  // In the run's folder, so that an interrupted run leaves no faces anywhere else.
  const scanDir = join(options.runDir, runFolder.heldOut);
  await rm(scanDir, { recursive: true, force: true });
  const scanner = new Scanner({ dataDir: options.dataDir, scanDir }, options.framing);
  try {
    await makeFolder(picturesFolder(scanDir, "owner"));
    for (const path of options.heldOut) results[path] = await scoreFolder(options, scanner, scanDir, path);
    return results;
  } finally {
    await scanner.close();
    await rm(scanDir, { recursive: true, force: true });
  }
}

async function scoreFolder(
  { dataDir, labels, extractor, head, progress }: HeldOutOptions,
  scanner: Scanner,
  scanDir: string,
  folder: string,
): Promise<HeldOut> {
  const names = await listPhotos(join(dataDir, folder));
  const paths = names.map((name) => `${folder}/${name}`);
  progress.step(`held out: ${folder}`, names.length);
  const squares = new Map<string, string>();
  let done = 0;
  // As an owner's photo: its main face, and by way of a JPEG, as every prepared picture comes.
  await scanner.scan("owner", paths, async ({ path, pictures }) => {
    if (pictures[0] !== undefined) squares.set(path, join(picturesFolder(scanDir, "owner"), pictures[0].name));
    progress.advance(++done);
  });
  const judged = paths.filter((path) => squares.has(path));
  const scores = await scoreSquares(
    judged.map((path) => squares.get(path)!),
    extractor,
    head,
  );
  const photos = paths.map((path): HeldOutPhoto => {
    const own = scores[judged.indexOf(path)] ?? null;
    return { path, label: own === null ? null : labels[indexOfMax(own)]!, scores: own };
  });
  return { asOwner: rateOf(photos.filter(({ label }) => label === labels[0]).length, judged.length), photos };
}

async function scoreSquares(squares: readonly string[], extractor: VariantExtractor, head: LayersModel) {
  const tasks = [];
  for (const path of squares) {
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    tasks.push({ path, digest, variants: [0] });
  }
  const scores = new Array<number[]>(squares.length);
  await extractor.extract(tasks, (task, row) => {
    scores[task] = tf.tidy(() => {
      const x = tf.tensor(row.slice(), [1, ...(head.inputs[0]!.shape.slice(1) as number[])]);
      return Array.from((head.predict(x) as tf.Tensor).dataSync());
    });
  });
  return scores;
}
