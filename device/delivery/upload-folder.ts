// The one archive that may be on its way, as files that survive a restart: its bytes, and what was announced of it.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { FacelatchError } from "../errors/errors.ts";
import { isAbsent, readPrivateFile, writePrivateFile } from "../files/private-file.ts";
import type { DeliveryLimits, NewUpload, Upload } from "./delivery.ts";

const recordSchema = Type.Object(
  {
    id: Type.String({ pattern: "^[0-9a-f]{32}$" }),
    sender: Type.String({ maxLength: 64 }),
    lengthBytes: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  },
  { additionalProperties: false },
);

type UploadRecord = Static<typeof recordSchema>;

const recordFile = "upload.json";
/** What must stay free on the disk: the unpacked bundle takes as much again, and the daemon goes on writing. */
const spareBytes = 64 * 1024 * 1024;

export class UploadFolder {
  readonly #folder: string;
  readonly #limits: DeliveryLimits;
  /** On the monotonic clock: boards wake up with a wrong date. An upload found at the start begins its time anew. */
  #touchedMs = performance.now();
  #isAppending = false;

  constructor(folder: string, limits: DeliveryLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** The upload that is under way, of whomever; null without one. One that is too long idle is dropped here. */
  async current(): Promise<(Upload & { readonly sender: string }) | null> {
    const record = await this.#record();
    if (record === null) return null;
    const idleRemainingMs = this.#limits.uploadIdleMaxMs - (performance.now() - this.#touchedMs);
    if (idleRemainingMs <= 0 && !this.#isAppending) {
      await this.remove();
      return null;
    }
    const offsetBytes = await this.#size(record);
    return { ...record, offsetBytes, idleRemainingMs: Math.max(0, idleRemainingMs) };
  }

  async begin(sender: string, { lengthBytes, sha256 }: NewUpload): Promise<Upload> {
    this.#refuseLength(lengthBytes);
    const before = await this.current();
    if (before !== null && before.sender !== sender) throw busy("another sender's upload");
    if (before?.sha256 === sha256 && before.lengthBytes === lengthBytes) return shown(before);
    if (this.#isAppending) throw busy("an upload that still receives");
    await this.remove();
    const record = { id: randomBytes(16).toString("hex"), sender, lengthBytes, sha256 };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#refuseFullDisk(lengthBytes);
    await writePrivateFile(join(this.#folder, recordFile), JSON.stringify(record));
    this.#touchedMs = performance.now();
    return { ...without(record), offsetBytes: 0, idleRemainingMs: this.#limits.uploadIdleMaxMs };
  }

  async own(sender: string, id: string): Promise<Upload> {
    const upload = await this.current();
    if (upload !== null && upload.id === id && upload.sender === sender) return shown(upload);
    throw new FacelatchError("UPLOAD_UNKNOWN", {
      expected: "an upload that this sender began",
      found: "none of this id",
      next: "Begin another one.",
    });
  }

  async append(sender: string, id: string, offsetBytes: number, bytes: Readable): Promise<Upload> {
    const upload = await this.own(sender, id);
    if (this.#isAppending) throw busy("another request that adds to this upload");
    this.#isAppending = true;
    try {
      if (offsetBytes !== upload.offsetBytes) throw wrongOffset(upload.offsetBytes, offsetBytes);
      await this.#write(upload, bytes);
      const after = await this.own(sender, id);
      if (after.offsetBytes === after.lengthBytes) await this.#settle(after);
      return after;
    } finally {
      this.#isAppending = false;
      this.#touchedMs = performance.now();
    }
  }

  /** Where the archive lies. */
  pathOf({ id }: Upload): string {
    return join(this.#folder, `${id}.part`);
  }

  async remove(): Promise<void> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    for (const name of names) await rm(join(this.#folder, name), { force: true });
  }

  /** @throws FacelatchError UPLOAD_BUSY */
  async cancel(sender: string, id: string): Promise<void> {
    await this.own(sender, id);
    if (this.#isAppending) throw busy("a request that adds to this upload");
    await this.remove();
  }

  async #write(upload: Upload, bytes: Readable): Promise<void> {
    const file = await open(this.pathOf(upload), "a", 0o600);
    try {
      await appendAll(file, bytes, upload);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw diskFull("none");
      // Where the sender broke off, what came counts.
      if (bytes.errored !== error) throw error;
    } finally {
      await file.sync();
      await file.close();
    }
  }

  /** All has arrived: it counts only as announced. */
  async #settle(upload: Upload): Promise<void> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(this.pathOf(upload))) hash.update(chunk as Buffer);
    const found = hash.digest("hex");
    if (found === upload.sha256) return;
    await this.remove();
    throw new FacelatchError("UPLOAD_DIGEST_MISMATCH", {
      expected: `an archive with SHA-256 ${upload.sha256}`,
      found: `one with ${found}`,
      next: "Send it again from its beginning.",
    });
  }

  async #record(): Promise<UploadRecord | null> {
    const text = await readPrivateFile(join(this.#folder, recordFile));
    if (text === null) return null;
    try {
      const record: unknown = JSON.parse(text);
      if (Check(recordSchema, record)) return record;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    // Whatever this is, it is no upload that could go on.
    await this.remove();
    return null;
  }

  async #size(record: UploadRecord): Promise<number> {
    try {
      return (await stat(join(this.#folder, `${record.id}.part`))).size;
    } catch (error) {
      if (isAbsent(error)) return 0;
      throw error;
    }
  }

  #refuseLength(lengthBytes: number): void {
    const { archiveBytesMax } = this.#limits;
    if (lengthBytes <= archiveBytesMax) return;
    throw new FacelatchError("BUNDLE_TOO_LARGE", {
      expected: `an archive of at most ${archiveBytesMax} bytes`,
      found: `one of ${lengthBytes}`,
      next: "Raise updates.archiveBytesMax on the board, or make a smaller bundle.",
    });
  }

  async #refuseFullDisk(lengthBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    const freeBytes = bavail * bsize;
    if (freeBytes < 2 * lengthBytes + spareBytes) throw diskFull(`${freeBytes} bytes`);
  }
}

/** Writes what comes, as it comes; never more than was announced. */
async function appendAll(file: FileHandle, bytes: Readable, { lengthBytes, offsetBytes }: Upload): Promise<void> {
  let leftBytes = lengthBytes - offsetBytes;
  for await (const chunk of bytes) {
    const piece = chunk as Buffer;
    if (piece.byteLength > leftBytes) {
      throw new FacelatchError("BUNDLE_TOO_LARGE", {
        expected: `the ${lengthBytes} bytes that were announced`,
        found: "more",
        next: "Begin another upload.",
      });
    }
    await file.writeFile(piece);
    leftBytes -= piece.byteLength;
  }
}

function shown({ sender: _sender, ...upload }: Upload & { readonly sender: string }): Upload {
  return upload;
}

function without({ sender: _sender, ...record }: UploadRecord): Omit<UploadRecord, "sender"> {
  return record;
}

function busy(found: string): FacelatchError {
  return new FacelatchError("UPLOAD_BUSY", { expected: "one upload at a time", found, next: "Try again later." });
}

function wrongOffset(expected: number, found: number): FacelatchError {
  const next = "Ask for the upload's offset and go on from there.";
  return new FacelatchError("UPLOAD_OFFSET_MISMATCH", {
    expected: `bytes from ${expected} on`,
    found: `from ${found}`,
    next,
  });
}

function diskFull(found: string): FacelatchError {
  const expected = "space for the archive and what is unpacked from it";
  return new FacelatchError("DISK_FULL", { expected, found, next: "Free space on the board's disk." });
}
