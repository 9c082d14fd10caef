// Rows of features on disk, by what they were computed from: written once, found again by every later run.
import { createHash } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { FacelatchError } from "../../device/errors/errors.ts";
import { writeFault } from "../write-file.ts";
import { expandHalves, toHalf } from "./float16.ts";

// A file is a header (magic, format version, width; 16 bytes) and records of one length: key (32 bytes), the row's
// half-precision values, and the first 4 bytes of the SHA-256 of both. Numbers are little-endian.
const magic = "FLFEAT\0\0";
const formatVersion = 1;
const headerBytes = 16;
const keyBytes = 32;
const checkBytes = 4;

/** Rows are written when so many bytes wait: a kill loses no more. */
const pendingBytesMax = 1024 * 1024;

/** How much of a file is checked at a time when it is opened. */
const checkedBytes = 8 * 1024 * 1024;

export class FeatureCache {
  readonly path: string;
  readonly width: number;
  readonly #file: number;
  readonly #recordBytes: number;
  /** Of each key, the number of its record. */
  readonly #records = new Map<string, number>();
  #written = 0;
  #pending: Uint8Array[] = [];
  readonly #record: Uint8Array;
  readonly #halves: Uint16Array;

  private constructor(path: string, width: number, file: number) {
    this.path = path;
    this.width = width;
    this.#file = file;
    this.#recordBytes = keyBytes + 2 * width + checkBytes;
    this.#record = new Uint8Array(this.#recordBytes);
    this.#halves = new Uint16Array(this.#record.buffer, keyBytes, width);
  }

  /**
   * Opens a file, or makes it. Whatever follows the last sound record (a kill may have cut one short) is dropped.
   *
   * @throws FacelatchError INPUT_INVALID for a file of another kind; DISK_FULL, OUTPUT_UNWRITABLE
   */
  static open(path: string, width: number): FeatureCache {
    const file = writingSync(path, () => openSync(path, "a+"));
    const cache = new FeatureCache(path, width, file);
    try {
      cache.#readHeader();
      cache.#readRecords();
      return cache;
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  #readHeader(): void {
    const header = new Uint8Array(headerBytes);
    header.set(new TextEncoder().encode(magic));
    const view = new DataView(header.buffer);
    view.setUint32(8, formatVersion, true);
    view.setUint32(12, this.width, true);
    const found = new Uint8Array(headerBytes);
    const bytes = readSync(this.#file, found, 0, headerBytes, 0);
    if (bytes === headerBytes && Buffer.compare(found, header) === 0) return;
    if (bytes === headerBytes) {
      throw new FacelatchError("INPUT_INVALID", {
        expected: `features of ${this.width} values in ${this.path}`,
        found: "a file of another kind",
        next: "Delete it: it is made anew.",
      });
    }
    writingSync(this.path, () => {
      ftruncateSync(this.#file, 0);
      writeAll(this.#file, header);
    });
  }

  #readRecords(): void {
    const total = Math.floor((fstatSync(this.#file).size - headerBytes) / this.#recordBytes);
    const perChunk = Math.max(1, Math.floor(checkedBytes / this.#recordBytes));
    const chunk = new Uint8Array(perChunk * this.#recordBytes);
    let sound = true;
    while (sound && this.#written < total) {
      const count = Math.min(perChunk, total - this.#written);
      readSync(this.#file, chunk, 0, count * this.#recordBytes, this.#positionOf(this.#written));
      for (let i = 0; i < count && sound; i++) {
        const record = chunk.subarray(i * this.#recordBytes, (i + 1) * this.#recordBytes);
        sound = Buffer.compare(record.subarray(-checkBytes), checkOf(record)) === 0;
        if (sound) this.#records.set(Buffer.from(record.subarray(0, keyBytes)).toString("hex"), this.#written++);
      }
    }
    const end = this.#positionOf(this.#written);
    if (fstatSync(this.#file).size !== end) writingSync(this.path, () => ftruncateSync(this.#file, end));
  }

  #positionOf(record: number): number {
    return headerBytes + record * this.#recordBytes;
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  /** @param key 64 hexadecimal digits, new to the file */
  append(key: string, row: Float32Array): void {
    const { width } = this;
    if (row.length !== width || this.has(key)) throw new Error(`a row of ${row.length} values for ${key}`);
    this.#record.set(Buffer.from(key, "hex"));
    for (let i = 0; i < width; i++) this.#halves[i] = toHalf(row[i]!);
    this.#record.set(checkOf(this.#record), this.#recordBytes - checkBytes);
    this.#pending.push(this.#record.slice());
    this.#records.set(key, this.#written + this.#pending.length - 1);
    if (this.#pending.length * this.#recordBytes >= pendingBytesMax) this.flush();
  }

  /** Writes what waits. Throws DISK_FULL, and OUTPUT_UNWRITABLE also where another training writes here. */
  flush(): void {
    if (this.#pending.length === 0) return;
    if (fstatSync(this.#file).size !== this.#positionOf(this.#written)) throw this.#shared();
    const bytes = Buffer.concat(this.#pending);
    writingSync(this.path, () => writeAll(this.#file, bytes));
    this.#written += this.#pending.length;
    this.#pending = [];
  }

  /** Waits until what was written is on the disk. */
  sync(): void {
    this.flush();
    writingSync(this.path, () => fsyncSync(this.#file));
  }

  /** Reads a row that is there into `into`, from `at` on. */
  read(key: string, into: Float32Array, at: number): void {
    this.flush();
    const record = this.#records.get(key);
    if (record === undefined) throw new Error(`no features of ${key}`);
    readSync(this.#file, this.#record, 0, this.#recordBytes - checkBytes, this.#positionOf(record));
    if (Buffer.compare(this.#record.subarray(0, keyBytes), Buffer.from(key, "hex")) !== 0) throw this.#shared();
    expandHalves(this.#halves, into, at);
  }

  /** Records are found by their number: somebody else's between them would be taken for one's own. */
  #shared(): FacelatchError {
    return new FacelatchError("OUTPUT_UNWRITABLE", {
      expected: `features in ${this.path} that no other training writes at the same time`,
      found: "rows of another one",
      next: "Run the command again when the other has ended, or give it another --features folder.",
    });
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}

function checkOf(record: Uint8Array): Uint8Array {
  return createHash("sha256").update(record.subarray(0, -checkBytes)).digest().subarray(0, checkBytes);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at);
}

function writingSync<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeFault(path, error);
  }
}
