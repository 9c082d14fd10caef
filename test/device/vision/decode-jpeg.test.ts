// Decoding of frames: whole JPEGs of any kind become RGB, and everything else is refused by one name.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import { decodeJpeg } from "../../../device/vision/decode-jpeg.ts";
import { portrait, truncated } from "../../fixtures/portraits.ts";

const size = { width: 16, height: 12 };
const blue = sharp({ create: { ...size, channels: 3, background: { r: 0, g: 0, b: 250 } } });
let frame: Uint8Array;

before(async () => {
  frame = await sharp(await portrait("owner"))
    .resize(64, 48)
    .jpeg()
    .toBuffer();
});

describe("a whole frame", () => {
  it("becomes interleaved RGB", async () => {
    const { data, widthPx, heightPx } = await decodeJpeg(await blue.clone().jpeg({ quality: 100 }).toBuffer());
    assert.deepEqual([widthPx, heightPx, data.length], [16, 12, 16 * 12 * 3]);
    for (let i = 0; i < data.length; i += 3) assert.ok(data[i]! < 8 && data[i + 1]! < 8 && data[i + 2]! > 242);
  });

  it("becomes RGB also from grey, progressive and CMYK ones", async () => {
    const kinds = [
      blue.clone().greyscale().jpeg(),
      blue.clone().jpeg({ progressive: true }),
      blue.clone().toColourspace("cmyk").jpeg(),
    ];
    for (const kind of kinds) {
      const { data } = await decodeJpeg(await kind.toBuffer());
      assert.equal(data.length, 16 * 12 * 3);
    }
  });
});

/** The frame with a claim of 60,000 x 60,000 pixels in its SOF0 header. */
function claimingHuge(jpeg: Uint8Array): Uint8Array {
  const bytes = Buffer.from(jpeg);
  const header = bytes.indexOf(Buffer.of(0xff, 0xc0));
  bytes.writeUInt16BE(60_000, header + 5);
  bytes.writeUInt16BE(60_000, header + 7);
  return bytes;
}

describe("anything else", () => {
  it("is refused: nothing, garbage, a truncated frame, one that claims a huge size", async () => {
    const noFrames = [new Uint8Array(0), new Uint8Array(1_000).fill(0xd8), truncated(frame), claimingHuge(frame)];
    for (const bytes of noFrames) {
      await assert.rejects(decodeJpeg(bytes), { name: "FacelatchError", code: "FRAME_INVALID" });
    }
  });

  it("is refused wherever a frame was cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: frame.length - 3 }), async (length) => {
        await assert.rejects(decodeJpeg(frame.subarray(0, length)), { code: "FRAME_INVALID" });
      }),
      { numRuns: 100 },
    );
  });

  it("is decoded to its size or refused by its name, whatever bytes of it changed", async () => {
    const change = fc.tuple(fc.integer({ min: 0, max: frame.length - 1 }), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = Uint8Array.from(frame);
        for (const [at, value] of changes) bytes[at] = value;
        const decoded = await decodeJpeg(bytes).catch((error: unknown) => {
          assert.equal((error as { code: string }).code, "FRAME_INVALID");
          return null;
        });
        if (decoded !== null) assert.equal(decoded.data.length, decoded.widthPx * decoded.heightPx * 3);
      }),
      { numRuns: 150 },
    );
  });
});
