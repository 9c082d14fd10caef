// What a disk holds after its power was cut: all that was flushed, and of the rest what chance left.
import { constants } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, rm } from "node:fs/promises";
import type { SeededRandom } from "../../training/seeded-random.ts";
import { runCommand } from "./host-command.ts";
import type { NotedWrite } from "./write-log.ts";

const minute = 60_000;

/** Of the writes since the last flush: all of them, or each by chance; the last one may be there in part. */
export type Loss = "in order" | "by chance";

export class CutImage {
  readonly #log: FileHandle;
  readonly #notes: readonly NotedWrite[];
  readonly #sectorBytes: number;
  /** Holds what the notes before `#applied` wrote. */
  readonly #durable: string;
  #applied = 0;

  /** @param durable an image of the disk before the first note; it is written to */
  constructor(log: FileHandle, notes: readonly NotedWrite[], sectorBytes: number, durable: string) {
    this.#log = log;
    this.#notes = notes;
    this.#sectorBytes = sectorBytes;
    this.#durable = durable;
  }

  /** Makes of `path` the disk that was cut after note `index`; each cut must be later than the one before it. */
  async cutAfter(index: number, loss: Loss, random: SeededRandom, path: string): Promise<void> {
    const notes = this.#notes.slice(0, index + 1);
    const flushed = notes.findLastIndex(({ isFlush }) => isFlush);
    await withFile(this.#durable, async (disk) => {
      for (; this.#applied < flushed; this.#applied++) await this.#write(disk, notes[this.#applied]!);
    });
    await copyFile(this.#durable, path, constants.COPYFILE_FICLONE);
    await withFile(path, async (disk) => {
      for (const [offset, note] of notes.slice(this.#applied).entries()) {
        const isLast = this.#applied + offset === index;
        if (note.isDurable) await this.#write(disk, note);
        else if (isLast) await this.#write(disk, note, random.below(note.bytes / this.#sectorBytes + 1));
        else if (loss === "in order" || random.next() < 0.5) await this.#write(disk, note);
      }
    });
  }

  /** @param sectorsMax so many of its sectors reach the disk, the first ones */
  async #write(disk: FileHandle, note: NotedWrite, sectorsMax = Number.POSITIVE_INFINITY): Promise<void> {
    const bytes = Math.min(note.bytes, sectorsMax * this.#sectorBytes);
    if (note.isDiscard || bytes === 0) return;
    const content = Buffer.alloc(bytes);
    await this.#log.read(content, 0, bytes, note.logAt);
    await disk.write(content, 0, bytes, note.at);
  }
}

async function withFile(path: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, "r+");
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/** Mends the file system as a boot does, and takes its files out. Throws where only hands could mend it. */
export async function readCutImage(path: string, folder: string): Promise<void> {
  // 1 is "mended": the journal was played.
  const check = '/sbin/e2fsck -f -p "$1"; [ $? -le 1 ]';
  await runCommand("sh", ["-c", check, "sh", path], { timeoutMs: minute });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await runCommand("/sbin/debugfs", ["-R", `rdump / ${folder}`, path], { timeoutMs: minute });
}
