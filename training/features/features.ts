// Cached features: the frozen backbone sees every variant of every prepared picture once, now or in an earlier run.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../../device/terminal/progress.ts";
import { variantKey } from "../augment/draw.ts";
import type { VariantTask } from "../augment/preparer.ts";
import { type ClassFolder, classFolders, type SplitName, splitNames } from "../dataset/classes.ts";
import { makeFolder } from "../write-file.ts";
import { FeatureCache } from "./feature-cache.ts";

/** Features of one split, row by row; they stay on disk, where the system caches what is read often. */
export interface FeatureSet {
  readonly width: number;
  /** Class index of each row. */
  readonly truths: readonly number[];
  /** The prepared picture of each row, relative to the prepared folder. */
  readonly pictures: readonly string[];
  /** What each row was computed from: two sets with the same keys hold the same values. */
  readonly keys: readonly string[];
  /** Copies rows one after the other to the beginning of `into`. */
  read(rows: readonly number[], into: Float32Array): void;
}

/** Whatever computes features: this process, or several. */
export interface RowExtractor {
  /** Names network, weights, preprocessing and engine: rows of two of them are not to be mixed. */
  readonly id: string;
  readonly width: number;
  /** Rows of each task, [variants, width], in the order of the tasks. */
  extract(tasks: readonly VariantTask[]): AsyncIterable<Float32Array>;
}

/** A prepared picture and its class. */
export interface LabelledPicture {
  readonly split: SplitName;
  readonly folder: ClassFolder;
  /** Below the prepared folder, with `/`. */
  readonly picture: string;
}

export interface ExtractOptions {
  readonly preparedDir: string;
  readonly pictures: readonly LabelledPicture[];
  readonly cacheDir: string;
  readonly extractor: RowExtractor;
  readonly seed: number;
  /** Variants of each training picture, the picture itself among them; validation and test are seen as they are. */
  readonly variants: number;
  readonly progress: Progress;
}

interface Row {
  readonly key: string;
  readonly truth: number;
  readonly picture: string;
}

/**
 * Extracts what the cache lacks, and gives the features of every split.
 *
 * @throws FacelatchError IMAGE_INVALID naming a picture that cannot be read; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function extractFeatures(options: ExtractOptions): Promise<Record<SplitName, FeatureSet>> {
  const { extractor, cacheDir } = options;
  await makeFolder(cacheDir);
  const id = createHash("sha256").update(extractor.id).digest("hex").slice(0, 16);
  const cache = FeatureCache.open(join(cacheDir, `${id}.features`), extractor.width);
  const sets = {} as Record<SplitName, FeatureSet>;
  for (const split of splitNames) sets[split] = await extractSplit(options, cache, split);
  cache.sync();
  return sets;
}

async function extractSplit(options: ExtractOptions, cache: FeatureCache, split: SplitName): Promise<FeatureSet> {
  const variants = Array.from({ length: split === "train" ? options.variants : 1 }, (_, variant) => variant);
  const pictures = options.pictures.filter((picture) => picture.split === split);
  const rows: Row[] = [];
  const tasks: { readonly task: VariantTask; readonly keys: readonly string[] }[] = [];
  const asked = new Set<string>();
  for (const { picture, folder } of pictures) {
    const path = join(options.preparedDir, picture);
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const keys = variants.map((variant) => keyOf(digest, options.seed, variant));
    rows.push(...keys.map((key) => ({ key, truth: classFolders.indexOf(folder), picture })));
    const missing = variants.filter((_, i) => !cache.has(keys[i]!) && !asked.has(keys[i]!));
    for (const variant of missing) asked.add(keys[variant]!);
    if (missing.length > 0) {
      tasks.push({ task: { path, digest, variants: missing }, keys: missing.map((variant) => keys[variant]!) });
    }
  }
  await fill(options, cache, split, tasks);
  return {
    width: cache.width,
    truths: rows.map(({ truth }) => truth),
    pictures: rows.map(({ picture }) => picture),
    keys: rows.map(({ key }) => key),
    read: (wanted, into) => {
      for (const [i, row] of wanted.entries()) cache.read(rows[row]!.key, into, i * cache.width);
    },
  };
}

function keyOf(digest: string, seed: number, variant: number): string {
  return createHash("sha256")
    .update(`${digest}\n${variantKey(seed, variant)}`)
    .digest("hex");
}

async function fill(
  { extractor, progress }: ExtractOptions,
  cache: FeatureCache,
  split: SplitName,
  tasks: readonly { readonly task: VariantTask; readonly keys: readonly string[] }[],
): Promise<void> {
  const total = tasks.reduce((sum, { keys }) => sum + keys.length, 0);
  progress.step(`features of ${split}`, total);
  if (total === 0) return;
  let done = 0;
  let index = 0;
  const startMs = performance.now();
  for await (const values of extractor.extract(tasks.map(({ task }) => task))) {
    const { keys } = tasks[index++]!;
    keys.forEach((key, i) => {
      cache.append(key, values.subarray(i * cache.width, (i + 1) * cache.width));
    });
    done += keys.length;
    progress.advance(done, `${((1000 * done) / (performance.now() - startMs)).toFixed(0)} images/s`);
  }
  cache.flush();
}
