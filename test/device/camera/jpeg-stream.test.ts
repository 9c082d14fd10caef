import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JpegStream } from "../../../device/camera/jpeg-stream.ts";
import { arbitraryGarbage, arbitraryJpeg, eoi, realJpeg, segment, soi } from "./jpegs.ts";

const scanHeader = segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0));

function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

function readAll(stream: JpegStream, ...chunks: Uint8Array[]): Uint8Array[] {
  return chunks.flatMap((chunk) => stream.push(chunk)).map(plain);
}

/** Cuts bytes into chunks whose sizes repeat from a list. */
function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

test("real JPEGs come out as they went in, byte by byte", async () => {
  const jpegs = await Promise.all([0, 1, 2].map(realJpeg));
  const stream = new JpegStream();
  const frames = readAll(stream, ...chunked(Buffer.concat(jpegs), [1]));
  assert.deepEqual(frames, jpegs.map(plain));
  assert.equal(stream.bytesDiscarded, 0);
});

test("an EOI inside a thumbnail does not cut the frame", () => {
  const thumbnail = Buffer.concat([soi, scanHeader, Buffer.from("thumb"), eoi]);
  const jpeg = Buffer.concat([soi, segment(0xe1, thumbnail), scanHeader, Buffer.from("picture"), eoi]);
  assert.deepEqual(readAll(new JpegStream(), jpeg), [plain(jpeg)]);
});

test("any JPEGs with garbage between them come out whole, however they are chunked", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(arbitraryGarbage, arbitraryJpeg), { maxLength: 5 }),
      arbitraryGarbage,
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
      (parts, last, sizes) => {
        const stream = new JpegStream();
        const bytes = Buffer.concat([...parts.flat(), last]);
        assert.deepEqual(
          readAll(stream, ...chunked(bytes, sizes)),
          parts.map(([, jpeg]) => plain(jpeg)),
        );
        stream.end();
        const kept = parts.reduce((sum, [, jpeg]) => sum + jpeg.length, 0);
        assert.equal(stream.bytesDiscarded, bytes.length - kept);
      },
    ),
    { numRuns: 300 },
  );
});

test("random bytes and oversized frames never throw, and give the same sound frames however they are chunked", () => {
  const frameBytesMax = 300;
  const noise = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      arbitraryJpeg,
      // Markers far more often than chance brings them.
      fc.array(fc.constantFrom(0xff, 0xd8, 0xd9, 0xda, 0xe1, 0x00, 0x01, 0x02, 0xd0), { maxLength: 40 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(noise, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }), (parts, sizes) => {
      const bytes = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
      const whole = new JpegStream(frameBytesMax);
      const frames = readAll(whole, bytes);
      const pieces = new JpegStream(frameBytesMax);
      assert.deepEqual(readAll(pieces, ...chunked(bytes, sizes)), frames);
      let keptBytes = 0;
      for (const frame of frames) {
        assert.ok(frame.length <= frameBytesMax);
        assert.deepEqual([...frame.subarray(0, 2), ...frame.subarray(-2)], [...soi, ...eoi]);
        keptBytes += frame.length;
      }
      for (const stream of [whole, pieces]) {
        assert.ok(stream.bytesDiscarded <= bytes.length - keptBytes);
        stream.end();
        assert.equal(stream.bytesDiscarded, bytes.length - keptBytes);
      }
    }),
    { numRuns: 500 },
  );
});

test("a frame that is truncated in its scan is dropped, and the next one is found", () => {
  fc.assert(
    fc.property(arbitraryJpeg, fc.uint8Array({ maxLength: 200 }), (next, entropy) => {
      const unstuffed = entropy.map((byte) => (byte === 0xff ? 0 : byte));
      const truncated = Buffer.concat([soi, scanHeader, unstuffed]);
      const stream = new JpegStream();
      assert.deepEqual(readAll(stream, truncated, next), [plain(next)]);
      assert.equal(stream.bytesDiscarded, truncated.length);
    }),
  );
});

test("a frame beyond the limit is discarded and counted, and the next one is found", () => {
  const small = Buffer.concat([soi, scanHeader, Buffer.from("small"), eoi]);
  const large = Buffer.concat([soi, scanHeader, Buffer.alloc(5_000, 1), eoi]);
  for (const size of [1, 700, 100_000]) {
    const stream = new JpegStream(1_000);
    assert.deepEqual(readAll(stream, ...chunked(Buffer.concat([large, small]), [size])), [plain(small)]);
    assert.equal(stream.bytesDiscarded, large.length);
  }
});

test("a picture without a scan is no frame", () => {
  const stream = new JpegStream();
  assert.deepEqual(readAll(stream, Buffer.concat([soi, segment(0xe0, Uint8Array.of(1)), eoi, soi, eoi])), []);
});

test("the end of the source gives up the unfinished frame", () => {
  const stream = new JpegStream();
  const jpeg = Buffer.concat([soi, scanHeader, Buffer.from("x"), eoi]);
  assert.deepEqual(stream.push(jpeg.subarray(0, 12)), []);
  assert.equal(stream.bytesDiscarded, 0);
  stream.end();
  assert.equal(stream.bytesDiscarded, 12);
  assert.deepEqual(readAll(stream, jpeg), [plain(jpeg)]);
});

test("a frame is a copy: the chunk it came in may be reused", () => {
  const chunk = Buffer.concat([soi, scanHeader, Buffer.from("first"), eoi]);
  const expected = plain(chunk);
  const [frame] = new JpegStream().push(chunk);
  chunk.fill(0);
  assert.deepEqual(frame, expected);
});

test("bytes that restart the parser at every step are read in linear time", () => {
  const patterns = [
    soi,
    Buffer.concat([soi, scanHeader]),
    Uint8Array.of(0xff),
    Buffer.concat([soi, segment(0xe1, soi)]),
  ];
  for (const pattern of patterns) {
    const bytes = Buffer.alloc(4 * 1024 * 1024, pattern);
    const startMs = performance.now();
    const stream = new JpegStream();
    for (const chunk of chunked(bytes, [65_536])) stream.push(chunk);
    assert.ok(performance.now() - startMs < 5_000);
  }
});
