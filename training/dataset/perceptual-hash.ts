// Perceptual hashes: 256 bits that stay nearly the same when a picture is saved again, resized, lit otherwise or cut a little.
import assert from "node:assert/strict";
import type { RgbImage } from "../../device/bundle/image.ts";
import { resample } from "../../device/bundle/resample.ts";

/** Eight words of 32 bits. */
export type PerceptualHash = Uint32Array;

/** The picture is seen at this size; of its frequencies the lowest `keptPx` in each direction count, 16 x 16 bits. */
const seenPx = 64;
const keptPx = 16;
const words = (keptPx * keptPx) / 32;

/** `cosines[u * seenPx + x]`: the basis of the discrete cosine transform, its lowest frequencies alone. */
const cosines = Float64Array.from({ length: (keptPx + 1) * seenPx }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / seenPx) * ((i % seenPx) + 0.5)) / seenPx),
);

/** Luma (BT.601) of the whole picture, resampled to `sizePx` squared, 0 to 255. */
export function lumaOf(image: RgbImage, sizePx: number): Float32Array {
  const rgb = new Float32Array(sizePx * sizePx * 3);
  resample(image, { leftPx: 0, topPx: 0, widthPx: image.widthPx, heightPx: image.heightPx }, sizePx, sizePx, rgb);
  return Float32Array.from(
    { length: sizePx * sizePx },
    (_, i) => 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!,
  );
}

/**
 * The hash of a picture: for each of its lowest frequencies, whether it is above their median. Mean and contrast of the
 * picture don't matter.
 */
export function perceptualHash(image: RgbImage): PerceptualHash {
  return hashOfFrequencies(frequenciesOf(lumaOf(image, seenPx)));
}

/** [keptPx, keptPx], row by row of rising vertical frequency; the mean (0, 0) is replaced by (keptPx, 0). */
function frequenciesOf(luma: Float32Array): Float64Array {
  const across = new Float64Array(seenPx * (keptPx + 1));
  for (let y = 0; y < seenPx; y++) {
    for (let u = 0; u <= keptPx; u++) {
      let sum = 0;
      for (let x = 0; x < seenPx; x++) sum += luma[y * seenPx + x]! * cosines[u * seenPx + x]!;
      across[y * (keptPx + 1) + u] = sum;
    }
  }
  const at = (v: number, u: number) => {
    let sum = 0;
    for (let y = 0; y < seenPx; y++) sum += across[y * (keptPx + 1) + u]! * cosines[v * seenPx + y]!;
    return sum;
  };
  const frequencies = new Float64Array(keptPx * keptPx);
  for (let i = 1; i < frequencies.length; i++) frequencies[i] = at(Math.floor(i / keptPx), i % keptPx);
  frequencies[0] = at(0, keptPx);
  return frequencies;
}

function hashOfFrequencies(frequencies: Float64Array): PerceptualHash {
  const sorted = Float64Array.from(frequencies).sort();
  const middle = sorted.length / 2;
  const median = (sorted[middle - 1]! + sorted[middle]!) / 2;
  const hash = new Uint32Array(words);
  frequencies.forEach((value, i) => {
    if (value > median) hash[i >>> 5]! |= 1 << (i & 31);
  });
  return hash;
}

function bitsSet(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How many of the 256 bits differ. */
export function hashDistance(a: PerceptualHash, b: PerceptualHash): number {
  let distance = 0;
  for (let word = 0; word < words; word++) distance += bitsSet(a[word]! ^ b[word]!);
  return distance;
}

export function hashToText(hash: PerceptualHash): string {
  return Array.from(hash, (word) => word.toString(16).padStart(8, "0")).join("");
}

export function hashFromText(text: string): PerceptualHash {
  assert.match(text, /^[0-9a-f]{64}$/, "a hash is 64 hexadecimal digits");
  return Uint32Array.from({ length: words }, (_, word) => Number.parseInt(text.slice(8 * word, 8 * word + 8), 16));
}
