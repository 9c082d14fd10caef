// The list of sources that may lie beside the class folders: who is on a photo, and what it was made from.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";

export const sourceListName = "manifest.tsv";

export interface Source {
  /** Photos of one person, or of one kind of thing. */
  readonly identity: string | null;
  /** The photo that this one is, or was made from. */
  readonly source: string | null;
  /** The collection that it comes from. */
  readonly origin: string | null;
  readonly licence: string | null;
}

/** By the photo's path below the data set's folder, with `/`. */
export type SourceList = ReadonlyMap<string, Source>;

/**
 * Reads DIR/manifest.tsv: tab-separated, a heading line with `path` and any of `identity`, `source repo` (or
 * `source`), `source path` and `licence`; other columns are left alone. Without the file the list is empty.
 *
 * @throws FacelatchError DATASET_INVALID naming the line
 */
export async function readSourceList(dataDir: string): Promise<SourceList> {
  const path = join(dataDir, sourceListName);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? new Map() : parseSourceList(text, path);
}

export function parseSourceList(text: string, name: string): SourceList {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const heading = lines[0]!.split("\t").map((cell) => cell.trim().toLowerCase());
  const column = (...wanted: string[]) => heading.findIndex((name) => wanted.includes(name));
  const pathAt = column("path");
  if (pathAt === -1) {
    throw new FacelatchError("DATASET_INVALID", {
      expected: `a column "path" in the first line of ${name}, separated by tabs`,
      found: `the columns ${heading.join(", ")}`,
      next: "Name the columns, or remove the file.",
    });
  }
  const list = new Map<string, Source>();
  lines.slice(1).forEach((line, index) => {
    if (line.trim() === "") return;
    const cells = line.split("\t").map((cell) => cell.trim());
    const cell = (at: number) => cells[at] ?? "";
    if (cell(pathAt) === "") {
      throw new FacelatchError("DATASET_INVALID", {
        expected: `a path in line ${index + 2} of ${name}`,
        found: "none",
        next: "Mend or remove the line.",
      });
    }
    const source = cell(column("source path"));
    const origin = cell(column("source repo", "source"));
    list.set(cell(pathAt), {
      identity: cell(column("identity")) || null,
      source: source === "" ? null : `${origin}\n${source}`,
      origin: origin || null,
      licence: cell(column("licence", "license")) || null,
    });
  });
  return list;
}
