// The form of a file of frames: any frames come back as they were, and any other bytes are refused.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeFrames, encodeFrames } from "../../../device/feedback/frame-files.ts";
import { decodeContent, encodeContent } from "../../../device/feedback/register-content.ts";
import { jpegOf } from "./open-feedback.ts";

const frames = fc.array(
  fc.record({
    frameSeq: fc.nat(),
    capturedAtMs: fc.integer({ min: 0, max: 1e9 }),
    ownerScore: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    quality: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    jpeg: fc.uint8Array({ minLength: 1, maxLength: 500 }),
  }),
  { maxLength: 3 },
);

describe("a file of frames", () => {
  it("gives back any frames", () => {
    fc.assert(
      fc.property(frames, (given) => {
        const read = decodeFrames(encodeFrames(given))!;
        assert.deepEqual(
          read.map((frame) => ({ ...frame, jpeg: new Uint8Array(frame.jpeg) })),
          given.map((frame) => ({ ...frame })),
        );
      }),
    );
  });

  it("is refused when a byte is missing or too many, and never throws", () => {
    const frame = { frameSeq: 1, capturedAtMs: 1, ownerScore: 0.5, quality: 0.5, jpeg: jpegOf(1, 100) };
    const bytes = encodeFrames([frame]);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeFrames(bytes.subarray(0, length)), null, String(length));
    assert.equal(decodeFrames(Buffer.concat([bytes, Buffer.alloc(1)])), null);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (any) => decodeFrames(Buffer.from(any)) === null));
  });
});

describe("a register", () => {
  it("is refused when it is not of its schema, and never throws", () => {
    assert.deepEqual(decodeContent(encodeContent({ nextSeq: 1, entries: [] })), { nextSeq: 1, entries: [] });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        assert.equal(decodeContent(Buffer.from(text)), null);
      }),
    );
  });
});
