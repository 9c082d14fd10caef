// Cached features: the frozen backbone sees every variant of every prepared picture once, now or in an earlier run.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../../device/terminal/progress.ts";
import { variantKey } from "../augment/draw.ts";
import type { VariantTask } from "../augment/preparer.ts";
import { classFolders, type SplitName, splitNames } from "../dataset/classes.ts";
import type { PreparedPhoto } from "../dataset/prepare.ts";
import { makeFolder } from "../write-file.ts";
import { FeatureCache } from "./feature-cache.ts";
import type { VariantExtractor } from "./variant-extractor.ts";

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

export interface ExtractOptions {
  readonly preparedDir: string;
  readonly photos: readonly PreparedPhoto[];
  /** Keeps one file for each extractor. */
  readonly featuresDir: string;
  readonly extractor: VariantExtractor;
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
 * Extracts what the cache lacks, and gives the features of every split; they are read from the cache's file from then on.
 *
 * @throws FacelatchError IMAGE_INVALID naming a picture that cannot be read; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function extractFeatures(options: ExtractOptions): Promise<Record<SplitName, FeatureSet>> {
  const { extractor, featuresDir } = options;
  await makeFolder(featuresDir);
  const cache = FeatureCache.open(join(featuresDir, `${extractor.id.slice(0, 16)}.features`), extractor.width);
  const sets = {} as Record<SplitName, FeatureSet>;
  for (const split of splitNames) sets[split] = await extractSplit(options, cache, split);
  cache.sync();
  return sets;
}

/** The pictures as they are, without their variants. */
export function originalsOf(set: FeatureSet): FeatureSet {
  const rows = set.pictures.flatMap((picture, i) => (picture === set.pictures[i - 1] ? [] : [i]));
  const pick = <T>(values: readonly T[]) => rows.map((row) => values[row]!);
  return {
    width: set.width,
    truths: pick(set.truths),
    pictures: pick(set.pictures),
    keys: pick(set.keys),
    read: (wanted, into) =>
      set.read(
        wanted.map((row) => rows[row]!),
        into,
      ),
  };
}

async function extractSplit(options: ExtractOptions, cache: FeatureCache, split: SplitName): Promise<FeatureSet> {
  const variants = Array.from({ length: split === "train" ? options.variants : 1 }, (_, variant) => variant);
  const pictures = options.photos
    .filter((photo) => photo.split === split)
    .flatMap((photo) => photo.pictures.map((picture) => ({ picture, folder: photo.folder })));
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
  const startMs = performance.now();
  const add = (task: number, rows: Float32Array) => {
    const { keys } = tasks[task]!;
    keys.forEach((key, i) => {
      cache.append(key, rows.subarray(i * cache.width, (i + 1) * cache.width));
    });
    done += keys.length;
    progress.advance(done, `${((1000 * done) / (performance.now() - startMs)).toFixed(0)} images/s`);
  };
  try {
    await extractor.extract(
      tasks.map(({ task }) => task),
      add,
    );
  } finally {
    // Also what was done before an error is kept.
    cache.flush();
  }
}
