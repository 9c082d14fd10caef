// Draws that the renderers make from one seeded generator: ranges, choices and noise.
import type { SeededRandom } from "../seeded-random.ts";

/** Uniform in [low, high). */
export function between(random: SeededRandom, low: number, high: number): number {
  return low + (high - low) * random.next();
}

/** Uniform in the logarithm, for sizes that span several octaves. */
export function betweenLog(random: SeededRandom, low: number, high: number): number {
  return low * (high / low) ** random.next();
}

export function happens(random: SeededRandom, probability: number): boolean {
  return random.next() < probability;
}

export function pick<T>(random: SeededRandom, items: readonly T[]): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** About normal, with mean 0 and deviation 1: the sum of four uniforms, which is as good as a sensor's noise. */
export function gaussian(random: SeededRandom): number {
  return (random.next() + random.next() + random.next() + random.next() - 2) * Math.sqrt(3);
}
