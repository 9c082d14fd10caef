// JPEGs for the tests of cameras: real ones, and arbitrary ones that are only sound in their structure.
import fc from "fast-check";
import sharp from "sharp";

/** A real JPEG of one colour; different for each index from 0 to 255. */
export async function realJpeg(index: number): Promise<Buffer> {
  const background = { r: index, g: (index * 7) % 256, b: (index * 31) % 256 };
  return sharp({ create: { width: 32, height: 24, channels: 3, background } })
    .jpeg({ quality: 95 })
    .toBuffer();
}

/** A marker segment: 0xff, the code, the length with its own two bytes, the payload. */
export function segment(code: number, payload: Uint8Array): Uint8Array {
  const lengthBytes = payload.length + 2;
  return Uint8Array.from([0xff, code, lengthBytes >> 8, lengthBytes & 0xff, ...payload]);
}

/** Entropy-coded data in which each 0xff is stuffed. */
function stuffed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === 0xff ? [0xff, 0x00] : [byte])));
}

export const soi = Uint8Array.of(0xff, 0xd8);
export const eoi = Uint8Array.of(0xff, 0xd9);

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  // What a thumbnail in an APPn segment looks like.
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from([...soi, ...bytes, ...eoi])),
);

const header = fc
  .tuple(fc.constantFrom(0xc0, 0xc4, 0xdb, 0xdd, 0xe0, 0xe1, 0xe2, 0xef, 0xfe), payload)
  .map(([code, bytes]) => segment(code, bytes));

const scan = fc
  .tuple(
    fc.uint8Array({ minLength: 6, maxLength: 12 }),
    fc.array(fc.uint8Array({ maxLength: 200 }).map(stuffed), { maxLength: 4 }),
  )
  .map(([parameters, intervals]) =>
    Buffer.concat([
      segment(0xda, parameters),
      ...intervals.flatMap((bytes, i) => [bytes, Uint8Array.of(0xff, 0xd0 + (i % 8))]),
    ]),
  );

/** A JPEG in structure: segments, scans with restart markers and stuffed bytes, tables between scans. */
export const arbitraryJpeg: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.array(header, { maxLength: 4 }), fc.array(fc.tuple(scan, header), { maxLength: 2 }), scan)
  .map(([headers, scans, last]) => Buffer.concat([soi, ...headers, ...scans.flat(), last, eoi]));

/** Bytes in which no JPEG begins. */
export const arbitraryGarbage: fc.Arbitrary<Uint8Array> = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => bytes.map((byte, i) => (byte === 0xd8 && bytes[i - 1] === 0xff ? 0 : byte)));
