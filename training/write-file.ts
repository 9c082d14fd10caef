// Writing results so that a kill, a power cut or a full disk leaves either the old file or the new one.
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { FacelatchError, messageOf } from "../device/errors/errors.ts";

const full: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EFBIG: "a file larger than this process may write",
};

const forbidden: Readonly<Record<string, string>> = {
  EROFS: "a disk that is mounted read-only",
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  EIO: "a disk error",
  EMFILE: "too many open files",
};

/** The same error, or DISK_FULL or OUTPUT_UNWRITABLE naming the file where it is the disk's doing. */
export function writeFault(path: string, error: unknown): unknown {
  const errno = (error as NodeJS.ErrnoException | null)?.code ?? "";
  const found = full[errno] ?? forbidden[errno];
  if (found === undefined) return error;
  return new FacelatchError(errno in full ? "DISK_FULL" : "OUTPUT_UNWRITABLE", {
    expected: `to write ${path}`,
    found,
    next: `${errno in full ? "Make room" : "Mend the folder"}, then run the same command again: what is done is kept.`,
    cause: error,
  });
}

/** Runs something that writes to `path`; its errors name the file. */
export async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw writeFault(path, error);
  }
}

/** Makes a folder and those above it. Throws DISK_FULL, OUTPUT_UNWRITABLE. */
export async function makeFolder(path: string): Promise<void> {
  await writing(path, () => mkdir(path, { recursive: true }));
}

/**
 * Replaces a file's contents at once; when it resolves, they are on the disk.
 *
 * @throws FacelatchError DISK_FULL, OUTPUT_UNWRITABLE, leaving the old file
 */
export async function replaceFile(path: string, parts: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.part`;
  await writing(path, async () => {
    try {
      const file = await open(temporary, "wx");
      try {
        for (const part of typeof parts === "string" || parts instanceof Uint8Array ? [parts] : parts) {
          await file.writeFile(part);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch((failed: unknown) => {
        throw new AggregateError([error, failed], messageOf(error));
      });
      throw error;
    }
    await syncFolder(dirname(path));
  });
}

/** A renamed file is found again after a power cut only when its folder was written too. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | null = null;
  try {
    folder = await open(path, "r");
    await folder.sync();
  } finally {
    await folder?.close();
  }
}
