// Where a data set's photos come from, and under which licence, as its manifest.tsv says.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface SourceCount {
  readonly source: string;
  readonly licence: string;
  readonly photos: number;
}

const fileName = "manifest.tsv";
const sourceColumns = ["source", "source repo"];
const licenceColumns = ["licence", "license"];

/**
 * Counts the listed photos of the classes' folders by source and licence, the most first.
 *
 * @param folders below `dataDir`; photos elsewhere were not trained on
 * @returns null without a list, or one that has neither column
 */
export async function readSources(dataDir: string, folders: readonly string[]): Promise<SourceCount[] | null> {
  const text = await readFile(join(dataDir, fileName), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : countSources(text, folders);
}

/** As `readSources`, of the list's text: tab-separated columns with a heading, `path` and `licence` or `source` among them. */
export function countSources(text: string, folders: readonly string[]): SourceCount[] | null {
  const [heading = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => line.split("\t").map((cell) => cell.trim()));
  const columnOf = (names: readonly string[]) => heading.findIndex((name) => names.includes(name.toLowerCase()));
  const [path, source, licence] = [columnOf(["path"]), columnOf(sourceColumns), columnOf(licenceColumns)];
  if (path === -1 || (source === -1 && licence === -1)) return null;
  const counts = new Map<string, SourceCount>();
  for (const row of rows) {
    if (!folders.some((folder) => row[path]?.startsWith(`${folder}/`))) continue;
    const named = { source: row[source] || "not stated", licence: row[licence] || "not stated" };
    const key = JSON.stringify(named);
    counts.set(key, { ...named, photos: (counts.get(key)?.photos ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.photos - a.photos || (a.source < b.source ? -1 : 1));
}
