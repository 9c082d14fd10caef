// The few operations on files that an update is made of, so that a test can stop at each and lose what was not synced.
import { chown, mkdir, mkdtemp, open, readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";

/** Whatever changes the disk is one step; nothing lasts until its file and its folder are synced. */
export interface SlotFiles {
  /** Null where there is no such file. */
  read(path: string, bytesMax: number): Promise<Uint8Array | null>;
  /** Where a link points to; null where there is none. */
  readLink(path: string): Promise<string | null>;
  /** Names in a folder; none where there is no folder. */
  list(path: string): Promise<readonly string[]>;
  /** When a thing was changed last, on the wall clock. */
  changedAtMs(path: string): Promise<number>;
  /** Makes a folder and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Makes a folder of a name of its own that begins so, and returns its path. */
  makeUniqueFolder(prefix: string): Promise<string>;
  /** Writes a new file. Fails where there is one. */
  write(path: string, content: Uint8Array): Promise<void>;
  syncFile(path: string): Promise<void>;
  /** Makes what was created, renamed or removed in a folder last. */
  syncFolder(path: string): Promise<void>;
  link(target: string, path: string): Promise<void>;
  /** Replaces what is there, at once; a folder only where it is empty or missing. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, a link or a whole folder; nothing where there is none. */
  remove(path: string): Promise<void>;
  /** Gives a file or folder to whoever owns `folder`, where this process may. */
  giveToOwnerOf(folder: string, path: string): Promise<void>;
}

const folderMode = 0o750;

export const realFiles: SlotFiles = {
  async read(path, bytesMax) {
    return absentAs(null, async () => {
      const handle = await open(path, "r");
      try {
        const { size } = await handle.stat();
        if (size > bytesMax) throw new RangeError(`${path} has ${size} bytes, of at most ${bytesMax}`);
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    });
  },
  readLink: (path) => absentAs(null, () => readlink(path)),
  list: (path) => absentAs([], () => readdir(path)),
  changedAtMs: async (path) => (await stat(path)).mtimeMs,
  makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: folderMode })),
  makeUniqueFolder: (prefix) => mkdtemp(prefix),
  async write(path, content) {
    const handle = await open(path, "wx", 0o640);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
  },
  syncFile: sync,
  syncFolder: sync,
  link: (target, path) => symlink(target, path),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  async giveToOwnerOf(folder, path) {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(folder);
    await chown(path, uid, gid);
  },
};

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function absentAs<T>(absent: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EINVAL") return absent;
    throw error;
  }
}

/** Replaces a small file so that after any cut either the old or the new one is there, whole. */
export async function replaceDurably(
  files: SlotFiles,
  folder: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const next = join(folder, `${name}.next`);
  await files.remove(next);
  await files.write(next, content);
  await files.giveToOwnerOf(folder, next);
  await files.syncFile(next);
  await files.rename(next, join(folder, name));
  await files.syncFolder(folder);
}

/** Points a link elsewhere, at once and to last. */
export async function relinkDurably(files: SlotFiles, folder: string, name: string, target: string): Promise<void> {
  const next = join(folder, `${name}.next`);
  await files.remove(next);
  await files.link(target, next);
  await files.rename(next, join(folder, name));
  await files.syncFolder(folder);
}
