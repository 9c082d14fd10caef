// Reads FlatBuffers tables from untrusted bytes: offsets and lengths are checked before they are followed.
// Source: the binary format at flatbuffers.dev, "FlatBuffers Internals".
import { FacelatchError } from "../../device/errors/errors.ts";

export function invalidFile(found: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: "a TensorFlow Lite file of the operations that this program knows",
    found,
    next: "Check that the file is complete and unchanged.",
  });
}

/** Vectors may be shared by several tables, but not so often that a small file describes an endless model. */
const readsPerByteMax = 8;

interface Span {
  /** Where the first element lies. */
  readonly position: number;
  readonly count: number;
}

export class FlatFile {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  #budgetBytes: number;

  /** Copies the bytes, to memory in which constants are aligned as they are in the file. */
  constructor(bytes: Uint8Array) {
    // A Buffer's own slice() would share memory, and its pool begins elsewhere.
    this.bytes = Uint8Array.prototype.slice.call(bytes);
    this.view = new DataView(this.bytes.buffer);
    this.#budgetBytes = bytes.length * readsPerByteMax;
  }

  root(): FlatTable {
    return new FlatTable(this, this.follow(0));
  }

  need(position: number, bytes: number): number {
    if (position < 0 || position + bytes > this.bytes.length)
      throw invalidFile(`an offset to byte ${position}, outside the file`);
    return position;
  }

  /** Follows the offset at a position. */
  follow(position: number): number {
    return this.need(position + this.view.getUint32(this.need(position, 4), true), 4);
  }

  vector(position: number, elementBytes: number): Span {
    const start = this.follow(position);
    const count = this.view.getUint32(start, true);
    this.need(start + 4, count * elementBytes);
    this.#budgetBytes -= 4 + count * elementBytes;
    if (this.#budgetBytes < 0) throw invalidFile("vectors that overlap beyond measure");
    return { position: start + 4, count };
  }
}

export class FlatTable {
  readonly #file: FlatFile;
  readonly #position: number;
  readonly #fields: number;
  readonly #fieldCount: number;
  readonly #tableBytes: number;

  constructor(file: FlatFile, position: number) {
    this.#file = file;
    this.#position = position;
    const fields = position - file.view.getInt32(file.need(position, 4), true);
    const fieldsBytes = file.view.getUint16(file.need(fields, 4), true);
    if (fieldsBytes < 4 || fieldsBytes % 2 !== 0)
      throw invalidFile(`a table of ${fieldsBytes} bytes of fields at byte ${fields}`);
    file.need(fields, fieldsBytes);
    this.#fields = fields + 4;
    this.#fieldCount = (fieldsBytes - 4) / 2;
    this.#tableBytes = file.view.getUint16(fields + 2, true);
    file.need(position, this.#tableBytes);
  }

  /** Where a field lies; null where the table leaves it out. */
  #at(slot: number, bytes: number): number | null {
    if (slot >= this.#fieldCount) return null;
    const offset = this.#file.view.getUint16(this.#fields + 2 * slot, true);
    if (offset === 0) return null;
    if (offset < 4 || offset + bytes > this.#tableBytes)
      throw invalidFile(`a field outside its table at byte ${this.#position}`);
    return this.#position + offset;
  }

  has(slot: number): boolean {
    return this.#at(slot, 1) !== null;
  }

  uint8(slot: number, byDefault: number): number {
    const at = this.#at(slot, 1);
    return at === null ? byDefault : this.#file.view.getUint8(at);
  }

  int32(slot: number, byDefault: number): number {
    const at = this.#at(slot, 4);
    return at === null ? byDefault : this.#file.view.getInt32(at, true);
  }

  float32(slot: number, byDefault: number): number {
    const at = this.#at(slot, 4);
    return at === null ? byDefault : this.#file.view.getFloat32(at, true);
  }

  #vector(slot: number, elementBytes: number): Span {
    const at = this.#at(slot, 4);
    return at === null ? { position: 0, count: 0 } : this.#file.vector(at, elementBytes);
  }

  #list<T>(slot: number, elementBytes: number, read: (position: number) => T): T[] {
    const { position, count } = this.#vector(slot, elementBytes);
    return Array.from({ length: count }, (_, i) => read(position + i * elementBytes));
  }

  int32s(slot: number): number[] {
    return this.#list(slot, 4, (position) => this.#file.view.getInt32(position, true));
  }

  float32s(slot: number): number[] {
    return this.#list(slot, 4, (position) => this.#file.view.getFloat32(position, true));
  }

  int64s(slot: number): number[] {
    return this.#list(slot, 8, (position) => Number(this.#file.view.getBigInt64(position, true)));
  }

  /** A view on the file. */
  bytes(slot: number): Uint8Array {
    const { position, count } = this.#vector(slot, 1);
    return this.#file.bytes.subarray(position, position + count);
  }

  string(slot: number): string {
    return new TextDecoder().decode(this.bytes(slot));
  }

  table(slot: number): FlatTable | null {
    const at = this.#at(slot, 4);
    return at === null ? null : new FlatTable(this.#file, this.#file.follow(at));
  }

  tables(slot: number): FlatTable[] {
    return this.#list(slot, 4, (position) => new FlatTable(this.#file, this.#file.follow(position)));
  }
}
