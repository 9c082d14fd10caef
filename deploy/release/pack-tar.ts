// Packs a folder into a gzipped tar whose bytes follow from its files alone: sorted, root's, of one time.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { filesBelow } from "./program-files.ts";

export interface Packed {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * @param tree the folder
 * @param name what the one folder within the archive is called
 * @param timeS of every entry, in seconds since 1970
 */
export async function packTar(tree: string, name: string, timeS: number, path: string): Promise<Packed> {
  const hash = createHash("sha256");
  const archive = pack();
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const written = pipeline(archive, createGzip({ level: 6 }), hashed, createWriteStream(path));
  const filled = fill(archive, tree, name, timeS);
  await Promise.all([written, filled]);
  return { path, bytes: statSync(path).size, sha256: hash.digest("hex") };
}

async function fill(archive: ReturnType<typeof pack>, tree: string, name: string, timeS: number): Promise<void> {
  for (const file of filesBelow(tree, ".")) {
    const { size, mode } = statSync(join(tree, file));
    const header = {
      name: `${name}/${file}`,
      size,
      mode: (mode & 0o100) === 0 ? 0o644 : 0o755,
      mtime: new Date(timeS * 1000),
      uid: 0,
      gid: 0,
      uname: "root",
      gname: "root",
    };
    await pipeline(createReadStream(join(tree, file)), archive.entry(header));
  }
  archive.finalize();
}
