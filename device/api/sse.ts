// Server-sent events: streams that stay open, bounded in number and in what waits for a slow client.
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { FacelatchError } from "../errors/errors.ts";

export interface SseMessage {
  readonly event: string;
  readonly data: unknown;
  readonly id?: number;
}

export interface SseLimits {
  readonly streamsMax: number;
  readonly streamBufferBytesMax: number;
  readonly heartbeatMs: number;
}

/** The response of a route that answers with a stream. */
export const sseResponse = {
  200: {
    description: "A stream that stays open.",
    content: { "text/event-stream": { schema: Type.Unsafe<Readable>({ type: "string" }) } },
  },
} as const;

/** After a broken connection a client tries again after this time. */
const retryMs = 2_000;

/** A message in the event stream format. */
export function sseText({ event, data, id }: SseMessage): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One client's stream. */
export class SseStream {
  readonly body: Readable;
  readonly #bufferBytesMax: number;
  #isEnded = false;

  constructor(bufferBytesMax: number) {
    this.#bufferBytesMax = bufferBytesMax;
    this.body = new Readable({ read() {}, highWaterMark: bufferBytesMax });
  }

  /** Bytes that the client has not taken yet, beside what the connection itself holds. */
  get waitingBytes(): number {
    return this.body.readableLength;
  }

  send(message: SseMessage): void {
    this.write(sseText(message));
  }

  /** Writes text of the event stream format, a buffer as it is; a client that is too slow for it is dropped. */
  write(text: string | Buffer): void {
    if (this.body.destroyed || this.#isEnded) return;
    this.body.push(text);
    if (this.body.readableLength > this.#bufferBytesMax) this.body.destroy();
  }

  /** The client still gets what waits for it. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (!this.body.destroyed) this.body.push(null);
  }
}

/** All open streams of the API; one whose token counts no more is ended. */
export class SseStreams {
  readonly #limits: SseLimits;
  /** With what tells whether whoever opened it would still be let in. */
  readonly #streams = new Map<SseStream, () => Promise<boolean>>();
  #heartbeat: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(limits: SseLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream as the answer to a request.
   *
   * @param onClose is called once, when the client is gone, was dropped, or the server closes
   * @throws FacelatchError NOT_READY when too many are open
   */
  open(reply: FastifyReply, onClose: () => void): SseStream {
    if (this.#streams.size >= this.#limits.streamsMax) {
      reply.header("retry-after", "30");
      throw new FacelatchError("NOT_READY", {
        expected: `at most ${this.#limits.streamsMax} open streams`,
        found: "one more",
        next: "Close another page, or try again later.",
      });
    }
    const stream = new SseStream(this.#limits.streamBufferBytesMax);
    this.#streams.set(stream, () => reply.request.stillAdmitted());
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#limits.heartbeatMs).unref();
    stream.body.once("close", () => {
      this.#forget(stream);
      onClose();
    });
    stream.write(`retry: ${retryMs}\n\n`);
    reply.header("content-type", "text/event-stream; charset=utf-8").header("cache-control", "no-store");
    return stream;
  }

  /** Ends all streams, for a server that closes. */
  end(): void {
    for (const stream of this.#streams.keys()) stream.end();
  }

  /** Ends the streams of whoever would be let in no more. Never rejects. */
  async endRefused(): Promise<void> {
    await Promise.all(
      [...this.#streams].map(async ([stream, stillAdmitted]) => {
        if (!(await stillAdmitted())) stream.end();
      }),
    );
  }

  /** A token may be revoked by another process, and expires by itself. */
  #beat(): void {
    for (const stream of this.#streams.keys()) stream.write(": heartbeat\n\n");
    // A disk that hangs is not asked again meanwhile.
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.endRefused().finally(() => {
      this.#isLooking = false;
    });
  }

  #forget(stream: SseStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}
