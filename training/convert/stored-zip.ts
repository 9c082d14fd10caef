// A zip archive of one uncompressed file behind other bytes, as .tflite files carry their labels.
// Source: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const [localBytes, centralBytes, endBytes] = [30, 46, 22] as const;
const version = 20;
/** 1 January 1980: the same contents give the same bytes. */
const date = 0x21;

/** The bytes with the archive behind them; its offsets count from the very first byte. */
export function appendStored(bytes: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  const centralAt = bytes.length + localBytes + nameBytes.length + content.length;
  const result = new Uint8Array(centralAt + centralBytes + nameBytes.length + endBytes);
  const view = new DataView(result.buffer);
  const checksum = crc32(content);
  result.set(bytes);
  let at = bytes.length;
  const short = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const long = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const put = (part: Uint8Array) => {
    result.set(part, at);
    at += part.length;
  };
  /** What both headers have: version, flags, method, time, date, checksum, sizes, lengths of name and extras. */
  const describe = () => {
    for (const value of [version, 0, 0, 0, date]) short(value);
    for (const value of [checksum, content.length, content.length]) long(value);
    for (const value of [nameBytes.length, 0]) short(value);
  };
  long(localSignature);
  describe();
  put(nameBytes);
  put(content);
  long(centralSignature);
  short(version);
  describe();
  for (const value of [0, 0, 0]) short(value);
  for (const value of [0, bytes.length]) long(value);
  put(nameBytes);
  long(endSignature);
  for (const value of [0, 0, 1, 1]) short(value);
  for (const value of [centralBytes + nameBytes.length, centralAt]) long(value);
  short(0);
  return result;
}

/** The contents of an uncompressed file of the archive behind other bytes; null where there is none of that name. */
export function readStored(bytes: Uint8Array, name: string): Uint8Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const endAt = bytes.length - endBytes;
  if (endAt < 0 || view.getUint32(endAt, true) !== endSignature) return null;
  let at = view.getUint32(endAt + 16, true);
  for (let left = view.getUint16(endAt + 10, true); left > 0; left--) {
    if (at + centralBytes > endAt || view.getUint32(at, true) !== centralSignature) return null;
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const found = new TextDecoder().decode(bytes.subarray(at + centralBytes, at + centralBytes + nameLength!));
    const isStored = view.getUint16(at + 10, true) === 0;
    if (found === name && isStored) return readLocal(bytes, view, view.getUint32(at + 42, true));
    at += centralBytes + nameLength! + extra! + comment!;
  }
  return null;
}

function readLocal(bytes: Uint8Array, view: DataView, at: number): Uint8Array | null {
  if (at + localBytes > bytes.length || view.getUint32(at, true) !== localSignature) return null;
  const start = at + localBytes + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const content = bytes.subarray(start, start + view.getUint32(at + 18, true));
  return content.length === view.getUint32(at + 18, true) && crc32(content) === view.getUint32(at + 14, true)
    ? content
    : null;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
