// The frames of each item: one sealed file an item, named by it.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { jsonOf } from "../sealed/json.ts";
import {
  idsIn,
  readSealed,
  removeSealed,
  type SealedKind,
  sealedFileOf,
  sealFile,
  writeSealed,
} from "../sealed/sealed-files.ts";

const metadataSchema = Type.Object(
  {
    frameSeq: Type.Integer({ minimum: 0 }),
    /** On the monotonic clock of its run, in ms. */
    capturedAtMs: Type.Number(),
    ownerScore: Type.Number(),
    quality: Type.Number(),
    jpegBytes: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);

const headerValidator = Compile(
  Type.Object({ frames: Type.Array(metadataSchema, { maxItems: 16 }) }, { additionalProperties: false }),
);

export type QueuedFrame = Omit<Static<typeof metadataSchema>, "jpegBytes"> & { readonly jpeg: Uint8Array };

const headerLengthBytes = 4;

const frameFile: SealedKind = { realm: "feedback", kind: "frames", extension: ".frames" };

/** The ids that have a file. */
export function framesIn(folder: string): string[] {
  return idsIn(frameFile, folder);
}

/** The sealed file of frames, best first. */
export function sealFrames(key: Uint8Array, id: string, frames: readonly QueuedFrame[]): Buffer {
  return sealFile(frameFile, key, id, encodeFrames(frames));
}

/** Stores a sealed file, on disk before it returns. */
export function writeFrames(folder: string, id: string, box: Uint8Array): void {
  writeSealed(frameFile, folder, id, box);
}

export function removeFrames(folder: string, ids: readonly string[]): void {
  removeSealed(frameFile, folder, ids);
}

/** Whether a file is there in its full length; says nothing of what is in it. */
export function hasFrames(folder: string, id: string, fileBytes: number): boolean {
  return sealedFileOf(frameFile, folder, id)?.bytes === fileBytes;
}

/** The frames of an item; null where the file is missing or was altered. */
export function readFrames(folder: string, key: Uint8Array, id: string): QueuedFrame[] | null {
  const bytes = readSealed(frameFile, folder, key, id);
  return bytes === null ? null : decodeFrames(bytes);
}

/** Layout: length of the header (u32, big-endian), header (JSON), then the pictures one after another. */
export function encodeFrames(frames: readonly QueuedFrame[]): Buffer {
  const header = Buffer.from(
    JSON.stringify({ frames: frames.map(({ jpeg, ...metadata }) => ({ ...metadata, jpegBytes: jpeg.length })) }),
  );
  const length = Buffer.alloc(headerLengthBytes);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, ...frames.map(({ jpeg }) => jpeg)]);
}

/** Null for bytes that `encodeFrames` did not make. */
export function decodeFrames(bytes: Buffer): QueuedFrame[] | null {
  if (bytes.length < headerLengthBytes) return null;
  let at = headerLengthBytes + bytes.readUInt32BE(0);
  const header = jsonOf(bytes.subarray(headerLengthBytes, at));
  if (at > bytes.length || !headerValidator.Check(header)) return null;
  const frames: QueuedFrame[] = [];
  for (const { jpegBytes, ...metadata } of header.frames) {
    frames.push({ ...metadata, jpeg: bytes.subarray(at, at + jpegBytes) });
    at += jpegBytes;
  }
  return at === bytes.length ? frames : null;
}
