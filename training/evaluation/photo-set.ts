// The photos below a folder with what is known of each: whose face it is, and where the picture comes from.
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";

export interface KnownPhoto {
  readonly path: string;
  /** Null where nobody knows: such a photo is somebody's, but may be compared with no other. */
  readonly identity: string | null;
  /** The first folder below the one that was listed, where there are folders of persons in it; "" otherwise. */
  readonly group: string;
}

/** Says which identity each photo shows: tab-separated columns with a heading, `path` and `identity` among them. */
const identityFile = "manifest.tsv";

const photoName = /\.(jpe?g|png|webp|heic|avif|tiff?)$/i;
const photosMax = 200_000;
const depthMax = 16;

/**
 * Lists the photos below a folder, sorted, also through symbolic links: a selection can be made of links.
 *
 * An identity comes from the `manifest.tsv` of the folder or of one above it; without one, the folder of a photo is
 * the person, and a photo that lies directly in the folder is a person of its own.
 */
export async function listKnownPhotos(folder: string): Promise<KnownPhoto[]> {
  const paths = (await walk(folder, new Set(), 0)).sort();
  const identities = new IdentityFiles();
  const photos: KnownPhoto[] = [];
  for (const path of paths) {
    const listed = await identities.lookUp(path);
    const parts = relative(folder, path).split(sep);
    const identity = listed === undefined ? identityByFolder(parts) : listed;
    photos.push({ path, identity, group: groupOf(parts, listed !== undefined) });
  }
  return photos;
}

/** As `listKnownPhotos`; a folder without a photo is an error of whoever named it. Throws INPUT_MISSING. */
export async function requirePhotos(folder: string, what: string): Promise<KnownPhoto[]> {
  const photos = await listKnownPhotos(folder);
  if (photos.length > 0) return photos;
  throw new FacelatchError("INPUT_MISSING", {
    expected: `${what} below ${folder}`,
    found: "no photo",
    next: "Name a folder that holds JPEG, PNG or WebP files.",
  });
}

/** The photos of each folder directly below, by its name, sorted: household members, sequences, probes. */
export async function listByFolder(folder: string): Promise<Map<string, readonly KnownPhoto[]>> {
  const byFolder = new Map<string, KnownPhoto[]>();
  for (const photo of await listKnownPhotos(folder)) {
    const [name, ...rest] = relative(folder, photo.path).split(sep);
    if (rest.length === 0) continue;
    byFolder.set(name!, [...(byFolder.get(name!) ?? []), photo]);
  }
  return byFolder;
}

/** Photos by the folder that they lie in, as a camera left them: each is a sequence of frames. */
export async function listSequences(folder: string): Promise<Map<string, readonly KnownPhoto[]>> {
  const sequences = new Map<string, KnownPhoto[]>();
  for (const photo of await listKnownPhotos(folder)) {
    const name = relative(folder, dirname(photo.path)) || ".";
    sequences.set(name, [...(sequences.get(name) ?? []), photo]);
  }
  return new Map([...sequences].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function identityByFolder(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : parts.slice(0, -1).join("/");
}

/** Without a list of identities a folder directly below is one person and no group. */
function groupOf(parts: readonly string[], listed: boolean): string {
  return parts.length > (listed ? 1 : 2) ? parts[0]! : "";
}

async function walk(folder: string, above: ReadonlySet<string>, depth: number): Promise<string[]> {
  const real = await realpath(folder).catch(() => null);
  // A link to a folder above would never end.
  if (real === null || above.has(real) || depth > depthMax) return [];
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
    if (kind?.isDirectory()) found.push(...(await walk(path, new Set([...above, real]), depth + 1)));
    else if (kind?.isFile() && photoName.test(entry.name)) found.push(path);
    if (found.length > photosMax) throw tooMany(folder);
  }
  return found;
}

function tooMany(folder: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: `at most ${photosMax} photos below ${folder}`,
    found: "more",
    next: "Evaluate on a selection.",
  });
}

/** How many folders above a photo may hold the list of identities. */
const foldersAbove = 6;

class IdentityFiles {
  readonly #read = new Map<string, Promise<ReadonlyMap<string, string | null> | null>>();

  /** Undefined where no list names the photo, under the path it was found by or under the one it links to. */
  async lookUp(path: string): Promise<string | null | undefined> {
    const named = await this.#lookUpFrom(resolve(path));
    return named === undefined ? this.#lookUpFrom(await realpath(path)) : named;
  }

  async #lookUpFrom(path: string): Promise<string | null | undefined> {
    let folder = dirname(path);
    for (let up = 0; up < foldersAbove && folder !== dirname(folder); up++, folder = dirname(folder)) {
      const identities = await this.#identitiesIn(folder);
      if (identities === null) continue;
      return identities.get(relative(folder, path).split(sep).join("/"));
    }
    return undefined;
  }

  #identitiesIn(folder: string): Promise<ReadonlyMap<string, string | null> | null> {
    const known = this.#read.get(folder) ?? readIdentities(join(folder, identityFile));
    this.#read.set(folder, known);
    return known;
  }
}

/** Null without the file or without its two columns: another program's file of the same name. */
async function readIdentities(path: string): Promise<ReadonlyMap<string, string | null> | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  const [heading, ...rows] = text.split(/\r?\n/).map((line) => line.split("\t"));
  const pathColumn = heading!.indexOf("path");
  const identityColumn = heading!.indexOf("identity");
  if (pathColumn < 0 || identityColumn < 0) return null;
  return new Map(
    rows
      .filter((cells) => cells.length > Math.max(pathColumn, identityColumn))
      .map((cells) => [cells[pathColumn]!, nameIn(cells[identityColumn]!)]),
  );
}

/** A cell that is empty, says "unknown" or explains itself in parentheses names nobody. */
function nameIn(cell: string): string | null {
  const name = cell.trim();
  return name === "" || name.toLowerCase() === "unknown" || /[()]/.test(name) ? null : name;
}

/** The folder's own name, for a person who is called by it. */
export function nameOfFolder(folder: string): string {
  return basename(resolve(folder));
}
