// A boot partition that is mounted: files in a folder, each synced before it takes its name.
import { mkdir, open, readFile, rename, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { BootPartition } from "./boot-partition.ts";

export class BootFolder implements BootPartition {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  async read(name: string): Promise<Uint8Array | null> {
    try {
      return await readFile(join(this.name, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.name);
    return bavail * bsize;
  }

  async write(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [name, bytes] of files) {
      try {
        await this.#place(join(this.name, name), bytes);
      } catch (cause) {
        throw new FacelatchError("OUTPUT_UNWRITABLE", {
          expected: `to write ${name} to ${this.name}`,
          found: messageOf(cause),
          next: "Mount the boot partition with the right to write to it, and try again.",
          cause,
        });
      }
    }
  }

  async #place(path: string, bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(`${path}.new`, "w", 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    if (!(await readFile(path)).equals(bytes)) throw new Error(`${path} reads back otherwise than it was written`);
  }
}
