// Reads a stream now by the line, now by a number of bytes.

const lineBytesMax = 64 * 1024;
const lineEnd = "\n".charCodeAt(0);

export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line without its end; null at the end of the stream. Throws where a line is longer than 64 KiB. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#held.indexOf(lineEnd);
      if (end >= 0) {
        const text = this.#held.toString("utf8", 0, end);
        this.#held = this.#held.subarray(end + 1);
        return text;
      }
      if (this.#held.length > lineBytesMax) throw new Error(`a line of more than ${lineBytesMax} bytes`);
      const more = await this.#more();
      if (more === null) return null;
      this.#held = Buffer.concat([this.#held, more]);
    }
  }

  /** The next bytes as they come; fewer where the stream ends before. */
  async *bytes(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      const chunk = this.#held.length > 0 ? this.#held : await this.#more();
      if (chunk === null) return;
      const piece = chunk.subarray(0, left);
      this.#held = chunk.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #more(): Promise<Buffer | null> {
    const { value, done } = await this.#source.next();
    return done === true ? null : value;
  }
}
