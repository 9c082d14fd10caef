// Where a data set's photos come from, and under which licence.
import type { SourceList } from "../dataset/source-list.ts";

export interface SourceCount {
  readonly origin: string;
  readonly licence: string;
  readonly photos: number;
}

/**
 * Counts the listed photos of the classes' folders by origin and licence, the most first.
 *
 * @param folders below the data set's; photos elsewhere were not trained on
 * @returns none where the list tells neither
 */
export function countSources(list: SourceList, folders: readonly string[]): SourceCount[] {
  const counts = new Map<string, SourceCount>();
  for (const [path, { origin, licence }] of list) {
    if (!folders.some((folder) => path.startsWith(`${folder}/`))) continue;
    const named = { origin: origin ?? "not stated", licence: licence ?? "not stated" };
    const key = JSON.stringify(named);
    counts.set(key, { ...named, photos: (counts.get(key)?.photos ?? 0) + 1 });
  }
  const isTold = [...list.values()].some(({ origin, licence }) => origin !== null || licence !== null);
  return isTold ? [...counts.values()].sort((a, b) => b.photos - a.photos || (a.origin < b.origin ? -1 : 1)) : [];
}
