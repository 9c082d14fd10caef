// When and by which camera a photo was taken, out of its EXIF data. Source: the Exif 2.32 specification; TIFF 6.0.

export interface Capture {
  /** The camera's own clock, whose zone nobody knows: good for differences only. */
  readonly takenAtMs: number;
  /** Maker and model. */
  readonly camera: string;
}

const tags = { make: 0x010f, model: 0x0110, exifFolder: 0x8769, taken: 0x9003, takenFraction: 0x9291 } as const;
const types = { ascii: 2, long: 4 } as const;

/** Folders of damaged files may claim any number of entries. */
const entriesMax = 512;
const textBytesMax = 64;

/**
 * Reads the time of exposure; null where it is missing or damaged.
 *
 * @param exif as it lies in a file, with or without the identifier `Exif`
 */
export function readCapture(exif: Uint8Array): Capture | null {
  const tiff = exif[0] === 0x45 && exif[1] === 0x78 ? exif.subarray(6) : exif;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const little = view.getUint16(0) === 0x4949;
    const main = readFolder(view, view.getUint32(4, little), little);
    const inner = main.get(tags.exifFolder);
    if (typeof inner !== "number") return null;
    const exposure = readFolder(view, inner, little);
    const takenAtMs = timeOf(exposure.get(tags.taken), exposure.get(tags.takenFraction));
    if (takenAtMs === null) return null;
    return { takenAtMs, camera: `${main.get(tags.make) ?? ""} ${main.get(tags.model) ?? ""}`.trim() };
  } catch (error) {
    // An offset beyond the end: the data are cut off.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readFolder(view: DataView, at: number, little: boolean): Map<number, string | number> {
  const values = new Map<number, string | number>();
  const entries = Math.min(entriesMax, view.getUint16(at, little));
  for (let entry = at + 2; entry < at + 2 + entries * 12; entry += 12) {
    const type = view.getUint16(entry + 2, little);
    const count = view.getUint32(entry + 4, little);
    if (type === types.long && count === 1) {
      values.set(view.getUint16(entry, little), view.getUint32(entry + 8, little));
    } else if (type === types.ascii && count <= textBytesMax) {
      const from = count <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
      values.set(view.getUint16(entry, little), textAt(view, from, count));
    }
  }
  return values;
}

function textAt(view: DataView, from: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) {
    const code = view.getUint8(from + i);
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  return text.trim();
}

/** Of `2026:11:24 08:15:30` and the digits after the decimal point. */
function timeOf(text: string | number | undefined, fraction: string | number | undefined): number | null {
  const match = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(String(text ?? ""));
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // A camera whose clock was never set writes zeros.
  if (year === 0 || month === 0 || day === 0) return null;
  const digits = /^\d{1,9}$/.exec(String(fraction ?? ""))?.[0] ?? "0";
  return Date.UTC(year, month - 1, day, hour, minute, second) + 1000 * Number(`0.${digits}`);
}
