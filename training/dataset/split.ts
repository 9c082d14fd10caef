// Splits that do not leak: a group of photos that belong together goes to one split as a whole.
import { type SeededRandom, shuffle } from "../seeded-random.ts";

export const splitNames = ["train", "validation", "test"] as const;
export type SplitName = (typeof splitNames)[number];

/** The notebook's shares: 3,129, 615 and 349 of 4,093 images. */
const shares: Readonly<Record<SplitName, number>> = { train: 0.764, validation: 0.15, test: 0.086 };

/** The folder below the class's is the group; a photo directly in the class's folder is a group of its own. */
export function groupOf(relativePath: string): string {
  const slash = relativePath.lastIndexOf("/");
  return slash === -1 ? relativePath : relativePath.slice(0, slash);
}

/**
 * Deals the groups out to the splits, each to the one that lacks most of its share; with three groups or more,
 * no split stays empty.
 *
 * @param photos paths relative to the class's folder, with `/`
 */
export function splitByGroup(photos: readonly string[], random: SeededRandom): Map<string, SplitName> {
  const groups = new Map<string, string[]>();
  for (const photo of [...photos].sort()) {
    const members = groups.get(groupOf(photo));
    if (members === undefined) groups.set(groupOf(photo), [photo]);
    else members.push(photo);
  }
  const dealt: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  const assignment = new Map<string, SplitName>();
  // The largest first: a group greater than a split's whole share belongs to training.
  const dealtOrder = shuffle([...groups.values()], random).sort((a, b) => b.length - a.length);
  for (const members of dealtOrder) {
    const split = neediest(dealt);
    dealt[split] += members.length;
    for (const photo of members) assignment.set(photo, split);
  }
  return assignment;
}

function neediest(dealt: Readonly<Record<SplitName, number>>): SplitName {
  const filled = (split: SplitName) => dealt[split] / shares[split];
  return splitNames.reduce((least, split) => (filled(split) < filled(least) ? split : least));
}
