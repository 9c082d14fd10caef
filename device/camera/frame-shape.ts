// The shape of a camera's JPEGs: size and sampling, which stay the same as long as it is the same camera, asked for the same.

const startOfScan = 0xda;

/** Frame headers (ITU-T T.81, table B.1): all of C0 to CF but tables and arithmetic conditioning. */
function isFrameHeader(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
}

/** In words, such as "640x480 px, sampled 22 11 11"; null for a picture without a frame header before its scan. */
export function frameShapeOf(jpeg: Uint8Array): string | null {
  const word = (at: number) => (jpeg[at] ?? 0) * 256 + (jpeg[at + 1] ?? 0);
  let at = 2;
  while (at + 3 < jpeg.length && jpeg[at] === 0xff) {
    const code = jpeg[at + 1]!;
    // A marker may be led by any number of fill bytes.
    if (code === 0xff) {
      at++;
      continue;
    }
    if (code === startOfScan) return null;
    if (isFrameHeader(code)) {
      const components = Math.min(4, jpeg[at + 9] ?? 0);
      const sampling = Array.from({ length: components }, (_, i) => (jpeg[at + 11 + 3 * i] ?? 0).toString(16));
      return `${word(at + 7)}x${word(at + 5)} px, sampled ${sampling.join(" ")}`;
    }
    const lengthBytes = word(at + 2);
    if (lengthBytes < 2) return null;
    at += 2 + lengthBytes;
  }
  return null;
}
