// Spreads the contrast of a detector's input, so that a face at dusk looks to the detector like one at noon.

/** The darkest and the brightest share of the pixels that may clip: a lamp or a black coat is not the scene's light. */
const clippedRatio = 0.02;

/** Of the input's range; what is spread already is left alone. */
const spreadRatio = 0.9;

/** More would make faces out of a sensor's noise. */
const gainMax = 4;

/** Every n-th pixel is counted. */
const sampleStride = 3;

/**
 * Spreads all channels alike so that the luma of nearly all pixels spans the range, in place; never narrows it.
 * Pixels of exactly `low`, which is what the bars of a letterbox are, do not count.
 *
 * @param tensor interleaved RGB
 * @param low what black is in the tensor
 * @param high what white is in it
 */
export function spreadContrast(tensor: Float32Array, low: number, high: number): void {
  const range = high - low;
  const counts = new Uint32Array(256);
  let counted = 0;
  for (let i = 0; i < tensor.length; i += 3 * sampleStride) {
    const luma = (0.299 * tensor[i]! + 0.587 * tensor[i + 1]! + 0.114 * tensor[i + 2]! - low) / range;
    if (luma < 0.5 / 255) continue;
    counts[Math.min(255, Math.round(luma * 255))]!++;
    counted++;
  }
  const darkest = low + (range * levelAt(counts, counted * clippedRatio)) / 255;
  const brightest = low + (range * levelAt(counts, counted * (1 - clippedRatio))) / 255;
  const gain = Math.min(gainMax, (range * spreadRatio) / (brightest - darkest));
  // Without any contrast there is nothing to spread.
  if (!(brightest > darkest) || !(gain > 1)) return;
  const shift = (low + high) / 2 - ((darkest + brightest) / 2) * gain;
  for (let i = 0; i < tensor.length; i++) tensor[i] = Math.min(high, Math.max(low, tensor[i]! * gain + shift));
}

/** The first level up to which `count` pixels lie. */
function levelAt(counts: Uint32Array, count: number): number {
  let sum = 0;
  for (let level = 0; level < counts.length; level++) {
    sum += counts[level]!;
    if (sum >= count) return level;
  }
  return counts.length - 1;
}
