// Rows of features in a file: cached maps of a whole data set are larger than memory, and a batch needs few of them.
import { type FileHandle, open } from "node:fs/promises";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

const bytesPerValue = Float32Array.BYTES_PER_ELEMENT;

/** Float32 rows of one width, in the machine's byte order; row n lies at n times the width. */
export class RowFile {
  readonly #handle: FileHandle;
  readonly path: string;
  /** Values of one row. */
  readonly width: number;

  private constructor(handle: FileHandle, path: string, width: number) {
    this.#handle = handle;
    this.path = path;
    this.width = width;
  }

  /** Opens a file, or makes one; rows that are there stay. Throws INPUT_MISSING where that cannot be. */
  static async open(path: string, width: number): Promise<RowFile> {
    const handle = await open(path, "a+")
      // Appending would ignore positions, so this only makes the file.
      .then((made) => made.close())
      .then(() => open(path, "r+"))
      .catch((cause: unknown) => {
        throw new FacelatchError("INPUT_MISSING", {
          expected: `a file for cached features at ${path}`,
          found: messageOf(cause),
          next: "Choose another folder for the run.",
          cause,
        });
      });
    return new RowFile(handle, path, width);
  }

  /** Whole rows, from the first to the last that was written; those never written between them are zeros. */
  async rows(): Promise<number> {
    return Math.floor((await this.#handle.stat()).size / (this.width * bytesPerValue));
  }

  /** Throws DISK_FULL. */
  async write(row: number, values: Float32Array): Promise<void> {
    if (values.length % this.width !== 0) throw new Error(`${values.length} values in rows of ${this.width}`);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const at = row * this.width * bytesPerValue;
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
    } catch (cause) {
      throw new FacelatchError("DISK_FULL", {
        expected: `space for ${this.width * bytesPerValue} bytes of features a picture in ${this.path}`,
        found: messageOf(cause),
        next: "Make room and run the command again: what was computed is kept.",
        cause,
      });
    }
  }

  /** Rows in the given order: [rows.length, width]. Throws INPUT_INVALID for one that is not there. */
  async read(rows: readonly number[]): Promise<Float32Array> {
    const values = new Float32Array(rows.length * this.width);
    const rowBytes = this.width * bytesPerValue;
    await Promise.all(
      rows.map(async (row, i) => {
        const target = new Uint8Array(values.buffer, i * rowBytes, rowBytes);
        for (let done = 0; done < rowBytes; ) {
          const { bytesRead } = await this.#handle.read(target, done, rowBytes - done, row * rowBytes + done);
          if (bytesRead === 0) throw this.#short(row);
          done += bytesRead;
        }
      }),
    );
    return values;
  }

  #short(row: number): FacelatchError {
    return new FacelatchError("INPUT_INVALID", {
      expected: `row ${row} of ${this.width} values in ${this.path}`,
      found: "the end of the file",
      next: "Remove the file: its features are computed again.",
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
