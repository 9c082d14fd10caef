// Reads what the kernel's dm-log-writes noted of a disk, as Documentation/admin-guide/device-mapper/log-writes.rst describes it.
import assert from "node:assert/strict";
import type { FileHandle } from "node:fs/promises";

const magic = 0x6a736677736872n;
const flags = { flush: 1n, fua: 2n, discard: 4n, mark: 8n } as const;
const headerBytes = 32;
const superBytes = 28;

/** One note, in the order in which writes were done. */
export interface NotedWrite {
  /** All that was noted before it is on the disk for good. */
  readonly isFlush: boolean;
  /** It is on the disk for good itself. */
  readonly isDurable: boolean;
  readonly isDiscard: boolean;
  /** Where it was written, in bytes; and where its content is in the log. */
  readonly at: number;
  readonly bytes: number;
  readonly logAt: number;
  /** What a program marked here; then nothing was written. */
  readonly mark: string | null;
}

async function readAt(log: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await log.read(Buffer.alloc(bytes), 0, bytes, at);
  assert.equal(bytesRead, bytes, `the log of writes ends at ${at + bytesRead}`);
  return buffer;
}

export async function readWriteLog(log: FileHandle): Promise<{ notes: NotedWrite[]; sectorBytes: number }> {
  const head = await readAt(log, 0, superBytes);
  assert.equal(head.readBigUInt64LE(0), magic, "this is no log of writes");
  assert.equal(head.readBigUInt64LE(8), 1n, "an unknown version of the log of writes");
  const [count, sectorBytes] = [Number(head.readBigUInt64LE(16)), head.readUInt32LE(24)];
  const notes: NotedWrite[] = [];
  let at = sectorBytes;
  for (let index = 0; index < count; index++) {
    const entry = await readAt(log, at, headerBytes);
    const [sector, sectors, flag, dataBytes] = [0, 8, 16, 24].map((offset) => entry.readBigUInt64LE(offset));
    const isMark = (flag! & flags.mark) !== 0n;
    const mark = isMark ? (await readAt(log, at + headerBytes, Number(dataBytes))).toString("utf8") : null;
    const isDiscard = (flag! & flags.discard) !== 0n;
    const bytes = Number(sectors) * sectorBytes;
    at += sectorBytes;
    notes.push({
      ...{ isFlush: (flag! & flags.flush) !== 0n, isDurable: (flag! & flags.fua) !== 0n, isDiscard },
      ...{ at: Number(sector) * sectorBytes, bytes, logAt: at, mark },
    });
    if (!isDiscard) at += bytes;
  }
  return { notes, sectorBytes };
}
