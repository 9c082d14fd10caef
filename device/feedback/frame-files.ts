// The frames of each item: one sealed file an item, named by it.
import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { bytesOf, namesIn, syncFolder, writeTemporary } from "../sealed/durable-files.ts";
import { type Identity, seal, unseal } from "../sealed/sealed.ts";

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

const extension = ".frames";
const headerLengthBytes = 4;

function pathOf(folder: string, id: string): string {
  return join(folder, `${id}${extension}`);
}

function identityOf(id: string): Identity {
  return { realm: "feedback", kind: "frames", id };
}

/** The ids that have a file. */
export function framesIn(folder: string): string[] {
  return namesIn(folder).flatMap((name) => (name.endsWith(extension) ? [name.slice(0, -extension.length)] : []));
}

/** The sealed file of frames, best first. */
export function sealFrames(key: Uint8Array, id: string, frames: readonly QueuedFrame[]): Buffer {
  return seal(key, identityOf(id), encodeFrames(frames));
}

/** Stores a sealed file, on disk before it returns. */
export function writeFrames(folder: string, id: string, box: Uint8Array): void {
  const temporary = writeTemporary(folder, box);
  try {
    renameSync(temporary, pathOf(folder, id));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

export function removeFrames(folder: string, ids: readonly string[]): void {
  for (const id of ids) rmSync(pathOf(folder, id), { force: true });
  if (ids.length > 0) syncFolder(folder);
}

/** Whether a file is there in its full length; says nothing of what is in it. */
export function hasFrames(folder: string, id: string, fileBytes: number): boolean {
  return statSync(pathOf(folder, id), { throwIfNoEntry: false })?.size === fileBytes;
}

/** The frames of an item; null where the file is missing or was altered. */
export function readFrames(folder: string, key: Uint8Array, id: string): QueuedFrame[] | null {
  const box = bytesOf(pathOf(folder, id));
  const bytes = box === null ? null : unseal(key, identityOf(id), box);
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
  const header = parsed(bytes.subarray(headerLengthBytes, at));
  if (at > bytes.length || !headerValidator.Check(header)) return null;
  const frames: QueuedFrame[] = [];
  for (const { jpegBytes, ...metadata } of header.frames) {
    frames.push({ ...metadata, jpeg: bytes.subarray(at, at + jpegBytes) });
    at += jpegBytes;
  }
  return at === bytes.length ? frames : null;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
