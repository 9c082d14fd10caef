// The photos that FACELATCH_SHARED names, as input tensors: the same ones, in the same order, on every run.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import { centreSquare } from "../../device/bundle/resample.ts";
import { listPhotos } from "../../training/dataset/list-photos.ts";
import { readPhoto } from "../../training/dataset/photo.ts";

/** A path below the folder of shared files; a run without them fails. */
export function sharedPath(...parts: readonly string[]): string {
  const folder = process.env["FACELATCH_SHARED"];
  assert.ok(folder, "These tests need FACELATCH_SHARED: the folder that holds data/ and weights/.");
  return join(folder, ...parts);
}

/** Every n-th photo of data/sets/, so that `count` of them come from all of its folders. */
export async function sharedPhotos(count: number): Promise<string[]> {
  const folder = sharedPath("data", "sets");
  const photos = await listPhotos(folder);
  assert.ok(photos.length >= count, `${photos.length} photos in ${folder}`);
  return Array.from({ length: count }, (_, i) => join(folder, photos[Math.floor((i * photos.length) / count)]!));
}

/** The photos below a folder of data/sets/, sorted. */
export async function photosIn(...folder: readonly string[]): Promise<string[]> {
  const root = sharedPath("data", "sets", ...folder);
  return (await listPhotos(root)).map((photo) => join(root, photo));
}

/** The frames of a sequence, in their order. */
export async function framesOf(sequence: string): Promise<string[]> {
  const root = sharedPath("data", "sequences", sequence);
  return (await listPhotos(root)).map((photo) => join(root, photo));
}

export function squareInput(sizePx: number, mean: number, scale: number): ModelInput {
  return {
    shape: [1, sizePx, sizePx, 3],
    layout: "NHWC",
    dtype: "float32",
    colour: "RGB",
    resizeKernel: "triangle",
    mean,
    scale,
  };
}

/** The photo's middle as a tensor of `input.shape`. */
export async function readInput(photo: string, input: ModelInput): Promise<Float32Array> {
  const image = await readPhoto(photo);
  const [, heightPx, widthPx] = input.shape;
  const tensor = new Float32Array(heightPx * widthPx * 3);
  fillClassifierInput(image, centreSquare(image), input, tensor);
  return tensor;
}
