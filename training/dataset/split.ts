// Splits that do not leak: a group of photos that belong together goes to one split as a whole.
import { type SeededRandom, shuffle } from "../seeded-random.ts";
import { type SplitName, splitNames } from "./classes.ts";

/** The notebook's shares: 3,129, 615 and 349 of 4,093 images. */
export const shares: Readonly<Record<SplitName, number>> = { train: 0.764, validation: 0.15, test: 0.086 };

/**
 * Deals groups out to the splits, each to the one that lacks most of its share; with three groups or more, no split
 * stays empty.
 *
 * @param groups in an order that does not depend on the file system
 * @param dealt what the splits hold already
 * @returns the split of each group
 */
export function dealGroups(
  groups: readonly { readonly size: number }[],
  random: SeededRandom,
  dealt: Readonly<Record<SplitName, number>> = { train: 0, validation: 0, test: 0 },
): SplitName[] {
  const held = { ...dealt };
  const splits = new Array<SplitName>(groups.length);
  // The largest first: a group greater than a split's whole share belongs to training.
  const order = shuffle([...groups.keys()], random).sort((a, b) => groups[b]!.size - groups[a]!.size);
  for (const index of order) {
    const split = neediest(held);
    held[split] += groups[index]!.size;
    splits[index] = split;
  }
  return splits;
}

function neediest(dealt: Readonly<Record<SplitName, number>>): SplitName {
  const filled = (split: SplitName) => dealt[split] / shares[split];
  return splitNames.reduce((least, split) => (filled(split) < filled(least) ? split : least));
}
