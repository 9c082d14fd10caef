// The boot partition within an image: changed in a copy, of which only blocks that differ go back, at their own places.
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { runTool } from "../release/run-tool.ts";
import type { BootPartition } from "./boot-partition.ts";
import { bootSectorBytes, checkFat, findBootPartition, type Span } from "./partition-table.ts";

const chunkBytes = 4 * 1024 * 1024;
const blockBytes = 4_096;
const toolTimeoutMs = 120_000;
const partitionBytesMax = 4 * 1024 * 1024 * 1024;
const next = "Install mtools: apt-get install mtools";

/** Opens an image or a card. `close` removes the copy. */
export class BootImage implements BootPartition {
  readonly name: string;
  readonly #span: Span;
  readonly #copy: string;

  private constructor(name: string, span: Span, copy: string) {
    this.name = name;
    this.#span = span;
    this.#copy = copy;
  }

  /**
   * @param folder for the copy, which is as large as the partition where that is full
   * @throws FacelatchError BOOT_PARTITION_INVALID
   */
  static async open(path: string, folder: string): Promise<BootImage> {
    const image = await open(path, "r");
    try {
      const span = findBootPartition(await readAt(image, 0, bootSectorBytes), await lengthOf(image));
      checkFat(await readAt(image, span.offsetBytes, bootSectorBytes), span);
      if (span.bytes > partitionBytesMax) {
        throw new FacelatchError("BOOT_PARTITION_INVALID", {
          expected: `a boot partition of at most ${partitionBytesMax} bytes`,
          found: `${span.bytes} bytes`,
          next: "Give an image of Raspberry Pi OS.",
        });
      }
      const copy = join(folder, `boot-${randomBytes(6).toString("hex")}.fat`);
      await copyOut(image, span, copy);
      return new BootImage(path, span, copy);
    } finally {
      await image.close();
    }
  }

  async read(name: string): Promise<Uint8Array | null> {
    if (!(await this.#names(dirname(name))).has(name.toLowerCase())) return null;
    const file = `${this.#copy}.read`;
    await mtools("mcopy", ["-n", "-o", "-i", this.#copy, `::${name}`, file]);
    const bytes = await readFile(file);
    await rm(file);
    return bytes;
  }

  async freeBytes(): Promise<number> {
    const listing = await mtools("mdir", ["-i", this.#copy, "::"]);
    const told = /([\d ]+) bytes free/.exec(listing)?.[1];
    return Number(told?.replaceAll(" ", "") ?? "0");
  }

  async write(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const from = `${this.#copy}.write`;
    for (const [name, bytes] of files) {
      await this.#makeFolder(dirname(name));
      await writeFile(from, bytes);
      await mtools("mcopy", ["-o", "-i", this.#copy, from, `::${name}`]);
    }
    await rm(from, { force: true });
    for (const [name, bytes] of files) {
      const found = await this.read(name);
      if (found === null || !Buffer.from(bytes).equals(found))
        throw unwritable(this.name, `${name} reads back otherwise`);
    }
    await this.#copyBack();
  }

  async close(): Promise<void> {
    await rm(this.#copy, { force: true });
  }

  /** In small letters, as FAT does not tell them apart; with their folder. */
  async #names(folder: string): Promise<Set<string>> {
    const within = folder === "." ? "" : folder;
    const listing = await mtools("mdir", ["-b", "-i", this.#copy, `::${within}`]).catch((error: unknown) => {
      // mdir fails for a folder that does not exist.
      if (error instanceof FacelatchError && error.code === "TOOL_FAILED") return "";
      throw error;
    });
    return new Set(
      listing.split("\n").map((line) =>
        line
          .replace(/^::\/?/, "")
          .replace(/\/$/, "")
          .toLowerCase(),
      ),
    );
  }

  async #makeFolder(folder: string): Promise<void> {
    if (folder === ".") return;
    await this.#makeFolder(dirname(folder));
    if (!(await this.#names(dirname(folder))).has(folder.toLowerCase())) {
      await mtools("mmd", ["-i", this.#copy, `::${folder}`]);
    }
  }

  async #copyBack(): Promise<void> {
    const [image, copy] = await Promise.all([open(this.name, "r+"), open(this.#copy, "r")]);
    try {
      for (let at = 0; at < this.#span.bytes; at += chunkBytes) {
        const bytes = Math.min(chunkBytes, this.#span.bytes - at);
        const [before, after] = [
          await readAt(image, this.#span.offsetBytes + at, bytes),
          await readAt(copy, at, bytes),
        ];
        if (before.equals(after)) continue;
        for (let block = 0; block < bytes; block += blockBytes) {
          const end = Math.min(block + blockBytes, bytes);
          if (before.compare(after, block, end, block, end) === 0) continue;
          await this.#writeBlock(image, after.subarray(block, end), at + block);
        }
      }
      await image.sync();
    } finally {
      await Promise.all([image.close(), copy.close()]);
    }
  }

  /** @param at within the partition */
  async #writeBlock(image: FileHandle, block: Uint8Array, at: number): Promise<void> {
    const { offsetBytes, bytes } = this.#span;
    if (at < 0 || at + block.byteLength > bytes) throw new Error(`a block beyond the partition, at ${at}`);
    const { bytesWritten } = await image.write(block, 0, block.byteLength, offsetBytes + at);
    if (bytesWritten !== block.byteLength) throw unwritable(this.name, "a block that was written in part");
  }
}

/** The length of a file or of a block device, which has none by its status. */
async function lengthOf(image: FileHandle): Promise<number> {
  const status = await image.stat();
  if (status.isFile()) return status.size;
  const found = await runTool("blockdev", ["--getsize64", `/proc/${process.pid}/fd/${image.fd}`], {
    timeoutMs: toolTimeoutMs,
  });
  return Number(found.trim());
}

/** Where the partition holds nothing but zeros, the copy holds nothing at all. */
async function copyOut(image: FileHandle, { offsetBytes, bytes }: Span, path: string): Promise<void> {
  const copy = await open(path, "wx", 0o600);
  try {
    await copy.truncate(bytes);
    const zeros = Buffer.alloc(chunkBytes);
    for (let at = 0; at < bytes; at += chunkBytes) {
      const chunk = await readAt(image, offsetBytes + at, Math.min(chunkBytes, bytes - at));
      if (!chunk.equals(zeros.subarray(0, chunk.length))) await copy.write(chunk, 0, chunk.length, at);
    }
  } finally {
    await copy.close();
  }
}

async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let read = 0;
  while (read < bytes) {
    const { bytesRead } = await file.read(buffer, read, bytes - read, at + read);
    if (bytesRead === 0) {
      throw new FacelatchError("BOOT_PARTITION_INVALID", {
        expected: `${bytes} bytes at ${at}`,
        found: `${read}`,
        next: "The image is cut off: unpack it again.",
      });
    }
    read += bytesRead;
  }
  return buffer;
}

function mtools(program: string, args: readonly string[]): Promise<string> {
  // Images have no geometry that mtools would agree with; the sizes were checked before.
  return runTool(program, args, { timeoutMs: toolTimeoutMs, next, env: { MTOOLS_SKIP_CHECK: "1" } });
}

function unwritable(name: string, found: string): FacelatchError {
  return new FacelatchError("OUTPUT_UNWRITABLE", {
    expected: `what was written to the boot partition of ${name}`,
    found,
    next: "Write the image of Raspberry Pi OS anew, and try again.",
  });
}
