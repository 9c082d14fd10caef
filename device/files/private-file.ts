// Small files that only the daemon's user may read: replaced as a whole or not at all, and on the disk when the call returns.
import { chown, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The text of a small file; null where there is none. Throws where it is not a readable file of at most so many bytes. */
export async function readPrivateFile(path: string, bytesMax = 4_096): Promise<string | null> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
    if (bytesRead > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Writes the file with mode 0600 into a folder that is made with mode 0700 where it is missing. Both belong to whoever
 * owns the folder around that one: root may write for a daemon that is not root.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await giveToOwner(folder);
  const next = join(folder, `.${basename(path)}.next`);
  try {
    // A kill in the middle of an earlier write may have left one.
    await rm(next, { force: true });
    const handle = await open(next, "wx", 0o600);
    try {
      // The process's own mask may have taken rights away, never added any.
      await handle.chmod(0o600);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await giveToOwner(next, dirname(folder));
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function giveToOwner(path: string, like = dirname(path)): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(like);
  await chown(path, uid, gid);
}

/** Removes the file, or whatever stands in its place, for good; does nothing where there is nothing. */
export async function removePrivateFile(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true });
    await syncFolder(dirname(path));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Makes what was created, renamed or removed in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a file system's error says that there is nothing. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ENOENT";
}
