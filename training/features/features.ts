// Cached features: the frozen backbone runs once over every prepared picture, as .tflite with XNNPACK.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RgbImage } from "../../device/bundle/image.ts";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { Engine } from "../../device/vision/engine.ts";
import { floatTensor } from "../../device/vision/float-tensor.ts";
import { classFolders, listPhotos } from "../dataset/prepare.ts";
import { type SplitName, splitNames } from "../dataset/split.ts";

/** Features of one split, row by row. */
export interface FeatureSet {
  readonly width: number;
  /** [rows, width] */
  readonly values: Float32Array;
  /** Class index of each row. */
  readonly truths: readonly number[];
  /** The prepared picture of each row, relative to the prepared folder. */
  readonly pictures: readonly string[];
}

export interface ExtractOptions {
  readonly preparedDir: string;
  readonly engine: Engine;
  /** The backbone with global average pooling, as .tflite. */
  readonly extractor: Uint8Array;
  readonly input: ModelInput;
  readonly width: number;
  readonly progress: Progress;
}

type Variant = (image: RgbImage) => RgbImage;

const unchanged: Variant = (image) => image;

/** Mirrored left to right. */
function flipped({ data, widthPx, heightPx }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const from = (y * widthPx + x) * 3;
      const to = (y * widthPx + widthPx - 1 - x) * 3;
      mirrored[to] = data[from]!;
      mirrored[to + 1] = data[from + 1]!;
      mirrored[to + 2] = data[from + 2]!;
    }
  }
  return { data: mirrored, widthPx, heightPx };
}

/** Light and contrast of another hour of the day. */
function relit(gain: number, offset: number): Variant {
  return ({ data, widthPx, heightPx }) => ({
    data: Uint8Array.from(data, (value) => Math.min(255, Math.max(0, Math.round(value * gain + offset)))),
    widthPx,
    heightPx,
  });
}

/** Training pictures only: validation and test are seen as the camera sees them. */
const variantsOf: Readonly<Record<SplitName, readonly Variant[]>> = {
  train: [unchanged, (image) => relit(0.75, 5)(flipped(image))],
  validation: [unchanged],
  test: [unchanged],
};

/** Extracts the features of every split. */
export async function extractFeatures(options: ExtractOptions): Promise<Record<SplitName, FeatureSet>> {
  const model = options.engine.load(options.extractor);
  const input = floatTensor(model.inputs, options.input.shape);
  const output = floatTensor(model.outputs, [1, options.width]);
  const extract = (image: RgbImage): Float32Array => {
    const { widthPx, heightPx } = image;
    fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, options.input, input);
    model.infer();
    return output;
  };
  const sets = {} as Record<SplitName, FeatureSet>;
  for (const split of splitNames) sets[split] = await extractSplit(options, split, extract);
  return sets;
}

async function extractSplit(
  { preparedDir, width, progress }: ExtractOptions,
  split: SplitName,
  extract: (image: RgbImage) => Float32Array,
): Promise<FeatureSet> {
  const pictures: { path: string; truth: number }[] = [];
  for (const [truth, folder] of classFolders.entries()) {
    for (const photo of await listPhotos(join(preparedDir, split, folder))) {
      pictures.push({ path: join(split, folder, photo), truth });
    }
  }
  const variants = variantsOf[split];
  const values = new Float32Array(pictures.length * variants.length * width);
  progress.step(`features of ${split}`, pictures.length * variants.length);
  let row = 0;
  for (const { path } of pictures) {
    const image = await decodeJpeg(await readFile(join(preparedDir, path)));
    for (const variant of variants) {
      values.set(extract(variant(image)), row * width);
      row++;
    }
    progress.advance(row);
  }
  const perRow = <T>(value: (picture: { path: string; truth: number }) => T) =>
    pictures.flatMap((picture) => variants.map(() => value(picture)));
  return { width, values, truths: perRow(({ truth }) => truth), pictures: perRow(({ path }) => path) };
}
