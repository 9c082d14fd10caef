// An incremental parser that cuts a byte stream of concatenated JPEGs into whole pictures.
import { frameBytesMax as frameBytesMaxDefault } from "../bundle/image.ts";

/** Marker codes, the byte after 0xff (ITU-T T.81, table B.1). */
const soi = 0xd8;
const eoi = 0xd9;
const sos = 0xda;

const bytesAtFirst = 64 * 1024;

type State =
  | "seek" // between frames, before a 0xff
  | "seek-code" // between frames, after a 0xff
  | "marker" // in a frame, where a 0xff must stand
  | "code" // in a frame, after that 0xff
  | "length-high"
  | "length-low"
  | "segment" // in a segment's payload, which is skipped unread: a thumbnail's EOI is in there
  | "entropy" // in a scan's entropy-coded data
  | "entropy-code"; // in a scan, after a 0xff

function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}

function hasLength(code: number): boolean {
  return code >= 0xc0 && code !== 0xc8 && code !== 0xff && !(code >= 0xd0 && code <= 0xd9);
}

/**
 * Feed it chunks of any size; it gives whole JPEGs, from SOI to EOI. It walks the marker segments, so an EOI inside a
 * thumbnail does not cut the frame, and finds the next SOI after garbage. The same bytes give the same frames however
 * they are chunked. Time is linear in the bytes; memory is at most `frameBytesMax`.
 *
 * After a frame that was truncated inside a segment, the frame that follows it may be lost too: nothing is read twice.
 */
export class JpegStream {
  readonly #frameBytesMax: number;
  #state: State = "seek";
  /** The frame being read. A frame that grew beyond the limit is walked to its end but no longer kept here. */
  #buffer: Uint8Array;
  #frameBytes = 0;
  /** Where, in the chunk at hand, the bytes begin that belong to the frame and are not in the buffer yet. */
  #from = 0;
  #segmentMarker = 0;
  #segmentLeftBytes = 0;
  #scanSeen = false;
  #bytesReceived = 0;
  #bytesDelivered = 0;

  constructor(frameBytesMax: number = frameBytesMaxDefault) {
    this.#frameBytesMax = frameBytesMax;
    this.#buffer = new Uint8Array(Math.min(bytesAtFirst, frameBytesMax));
  }

  /** Bytes that belonged to no JPEG that was given out; those of an unfinished frame do not count yet. */
  get bytesDiscarded(): number {
    const held = this.#inFrame() ? this.#frameBytes : this.#state === "seek-code" ? 1 : 0;
    return this.#bytesReceived - this.#bytesDelivered - held;
  }

  /** Reads a chunk, which may be reused afterwards, and returns the JPEGs that it completed. */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    this.#from = 0;
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at, frames);
    if (this.#inFrame()) this.#keep(chunk, chunk.length);
    this.#bytesReceived += chunk.length;
    return frames;
  }

  /** The source ended: gives up an unfinished frame. The next chunk begins anew. */
  end(): void {
    this.#state = "seek";
  }

  #inFrame(): boolean {
    return this.#state !== "seek" && this.#state !== "seek-code";
  }

  /** Reads at least one byte; returns the index of the next one. */
  #step(chunk: Uint8Array, at: number, frames: Uint8Array[]): number {
    const byte = chunk[at]!;
    switch (this.#state) {
      case "seek":
        return this.#skipToMarker(chunk, at, "seek-code");
      case "seek-code":
        if (byte === soi) this.#begin(at + 1);
        else if (byte !== 0xff) this.#state = "seek";
        return at + 1;
      case "marker":
        this.#state = byte === 0xff ? "code" : "seek";
        return at + 1;
      case "code":
        if (byte !== 0xff) this.#readCode(chunk, at, byte, frames);
        return at + 1;
      case "length-high":
        this.#segmentLeftBytes = byte << 8;
        this.#state = "length-low";
        return at + 1;
      case "length-low":
        this.#beginSegment(this.#segmentLeftBytes | byte);
        return at + 1;
      case "segment":
        return this.#skipSegment(chunk, at);
      case "entropy":
        return this.#skipToMarker(chunk, at, "entropy-code");
      case "entropy-code":
        if (byte === 0x00 || isRestart(byte)) this.#state = "entropy";
        else if (byte !== 0xff) this.#readCode(chunk, at, byte, frames);
        return at + 1;
    }
  }

  #skipToMarker(chunk: Uint8Array, at: number, found: State): number {
    const marker = chunk.indexOf(0xff, at);
    if (marker === -1) return chunk.length;
    this.#state = found;
    return marker + 1;
  }

  #begin(from: number): void {
    this.#buffer[0] = 0xff;
    this.#buffer[1] = soi;
    this.#frameBytes = 2;
    this.#from = from;
    this.#scanSeen = false;
    this.#state = "marker";
  }

  #readCode(chunk: Uint8Array, at: number, code: number, frames: Uint8Array[]): void {
    if (code === soi) {
      this.#begin(at + 1);
    } else if (code === eoi) {
      if (this.#scanSeen) this.#finish(chunk, at + 1, frames);
      this.#state = "seek";
    } else if (hasLength(code)) {
      this.#segmentMarker = code;
      this.#state = "length-high";
    } else {
      this.#state = "seek";
    }
  }

  /** A segment's length counts its own two bytes. */
  #beginSegment(lengthBytes: number): void {
    if (lengthBytes < 2) {
      this.#state = "seek";
      return;
    }
    this.#segmentLeftBytes = lengthBytes - 2;
    if (this.#segmentLeftBytes === 0) this.#endSegment();
    else this.#state = "segment";
  }

  #skipSegment(chunk: Uint8Array, at: number): number {
    const skipped = Math.min(this.#segmentLeftBytes, chunk.length - at);
    this.#segmentLeftBytes -= skipped;
    if (this.#segmentLeftBytes === 0) this.#endSegment();
    return at + skipped;
  }

  #endSegment(): void {
    if (this.#segmentMarker === sos) this.#scanSeen = true;
    this.#state = this.#segmentMarker === sos ? "entropy" : "marker";
  }

  #finish(chunk: Uint8Array, to: number, frames: Uint8Array[]): void {
    this.#keep(chunk, to);
    if (this.#frameBytes > this.#frameBytesMax) return;
    this.#bytesDelivered += this.#frameBytes;
    frames.push(this.#buffer.slice(0, this.#frameBytes));
  }

  /** Appends the frame's bytes of this chunk to the buffer, as long as the frame is within its limit. */
  #keep(chunk: Uint8Array, to: number): void {
    const end = this.#frameBytes + to - this.#from;
    if (end <= this.#frameBytesMax) {
      if (end > this.#buffer.length) this.#grow(end);
      this.#buffer.set(chunk.subarray(this.#from, to), this.#frameBytes);
    }
    this.#frameBytes = end;
  }

  #grow(bytesMin: number): void {
    const grown = new Uint8Array(Math.min(this.#frameBytesMax, Math.max(bytesMin, this.#buffer.length * 2)));
    grown.set(this.#buffer.subarray(0, this.#frameBytes));
    this.#buffer = grown;
  }
}
