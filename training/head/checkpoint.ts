// The state of a training between two epochs, on disk: whoever reads it goes on as if nothing had happened.
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { replaceFile } from "../write-file.ts";
import type { Moments } from "./adam.ts";
import type { EpochRecord } from "./head.ts";

// A file is: magic (8 bytes), length of the heading (4 bytes, little-endian), the heading as JSON, arrays of 32-bit
// numbers one after the other, SHA-256 of everything before.
const magic = "FLCKPT\0\u0001";
const digestBytes = 32;

/**
 * Everything that the next epoch depends on. Order and dropout of an epoch are drawn from seed and epoch, so the random
 * generator's state is the number of epochs.
 */
export interface TrainingState {
  readonly history: readonly EpochRecord[];
  /** Steps of the optimizer. */
  readonly steps: number;
  /** Epoch with the best validation, and the last in which its accuracy rose; -1 before the first. */
  readonly bestEpoch: number;
  readonly improvedAt: number;
  /** Of a fine-tuning: what the network came with. */
  readonly bestAtStart?: Pick<EpochRecord, "validationLoss" | "validationAccuracy">;
  readonly parameters: readonly Float32Array[];
  readonly moments: readonly Moments[];
  readonly bestParameters: readonly Float32Array[];
}

interface Heading extends Omit<TrainingState, "parameters" | "moments" | "bestParameters"> {
  /** What is trained on what: a checkpoint of another training is not used. */
  readonly key: string;
  readonly counts: readonly number[];
}

/** Throws DISK_FULL, OUTPUT_UNWRITABLE; the checkpoint before stays. */
export async function writeCheckpoint(path: string, key: string, state: TrainingState): Promise<void> {
  const { parameters, moments, bestParameters, ...rest } = state;
  const heading: Heading = { ...rest, key, counts: parameters.map(({ length }) => length) };
  const json = Buffer.from(JSON.stringify(heading));
  const prefix = Buffer.alloc(magic.length + 4);
  prefix.write(magic, "latin1");
  prefix.writeUInt32LE(json.length, magic.length);
  const arrays = [...parameters, ...moments.flatMap(({ first, second }) => [first, second]), ...bestParameters].map(
    (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  const parts = [prefix, json, ...arrays];
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  await replaceFile(path, [...parts, digest.digest()]);
}

/** Null where there is none, or one of another training, or a damaged one: then training begins anew. */
export async function readCheckpoint(path: string, key: string): Promise<TrainingState | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (bytes === null || bytes.length < magic.length + 4 + digestBytes) return null;
  const body = bytes.subarray(0, -digestBytes);
  if (body.toString("latin1", 0, magic.length) !== magic) return null;
  if (!createHash("sha256").update(body).digest().equals(bytes.subarray(-digestBytes))) return null;
  const arraysAt = magic.length + 4 + body.readUInt32LE(magic.length);
  const heading = JSON.parse(body.toString("utf8", magic.length + 4, arraysAt)) as Heading;
  return heading.key === key ? stateOf(heading, body.subarray(arraysAt)) : null;
}

function stateOf({ key: _, counts, ...rest }: Heading, arrays: Uint8Array): TrainingState {
  let at = 0;
  const next = (count: number) => {
    // A copy: the file's bytes need not lie at a multiple of four, and a Buffer's slice() would be no copy.
    const values = new Float32Array(count);
    new Uint8Array(values.buffer).set(arrays.subarray(at, at + 4 * count));
    at += 4 * count;
    return values;
  };
  const all = () => counts.map(next);
  const parameters = all();
  const moments = counts.map((count) => ({ first: next(count), second: next(count) }));
  return { ...rest, parameters, moments, bestParameters: all() };
}

export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
}
