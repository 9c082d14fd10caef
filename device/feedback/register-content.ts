// What the register holds: every item, and the embeddings of the household negatives. No I/O.
import assert from "node:assert/strict";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { type FeedbackItem, feedbackItemSchema } from "./feedback.ts";

const embeddingSchema = Type.Object(
  {
    /** 64 hex digits. */
    space: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    /** The numbers as little-endian float32, in base64. */
    values: Type.String({ pattern: "^[A-Za-z0-9+/]+={0,2}$", maxLength: 64 * 1024 }),
  },
  { additionalProperties: false },
);

const { isNegative: _, ...itemProperties } = feedbackItemSchema.properties;

const entrySchema = Type.Object(
  {
    ...itemProperties,
    /** Size of the sealed file of frames; 0 where there is none. */
    fileBytes: Type.Integer({ minimum: 0 }),
    /** Of the household negative; empty where the item is none. */
    embeddings: Type.Array(embeddingSchema, { maxItems: 16 }),
  },
  { additionalProperties: false },
);

/** One item as the register holds it. */
export type Entry = Static<typeof entrySchema>;

const contentSchema = Type.Object(
  {
    /** No seq is ever given twice, also when its item is gone. */
    nextSeq: Type.Integer({ minimum: 1 }),
    /** Ascending by seq. */
    entries: Type.Array(entrySchema),
  },
  { additionalProperties: false },
);

export type RegisterContent = Static<typeof contentSchema>;

const contentValidator = Compile(contentSchema);

export const emptyContent: RegisterContent = { nextSeq: 1, entries: [] };

export function encodeContent(content: RegisterContent): Buffer {
  assert.ok(contentValidator.Check(content), "a register breaks its schema");
  return Buffer.from(JSON.stringify(content));
}

/** Null for bytes that are no register of this version. */
export function decodeContent(bytes: Uint8Array): RegisterContent | null {
  const content: unknown = parsed(bytes);
  if (!contentValidator.Check(content)) return null;
  const seqs = content.entries.map(({ seq }) => seq);
  const ascends = seqs.every((seq, i) => seq < (seqs[i + 1] ?? content.nextSeq));
  return ascends && content.entries.every(hasWholeNumbers) ? content : null;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function hasWholeNumbers({ embeddings }: Entry): boolean {
  return embeddings.every(({ values }) => Buffer.from(values, "base64").length % 4 === 0);
}

/** Of a board whose processor is little-endian, as all are that this runs on. */
export function encodeEmbedding(space: string, embedding: Float32Array): Entry["embeddings"][number] {
  const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  return { space, values: bytes.toString("base64") };
}

export function decodeEmbedding({ values }: Entry["embeddings"][number]): Float32Array {
  const bytes = Buffer.from(values, "base64");
  const embedding = new Float32Array(bytes.length / 4);
  for (let i = 0; i < embedding.length; i++) embedding[i] = bytes.readFloatLE(i * 4);
  return embedding;
}

/** The item as everybody may see it: without embeddings and without the frames' place. */
export function itemOf({ fileBytes: _bytes, embeddings, ...item }: Entry): FeedbackItem {
  return { ...item, isNegative: embeddings.length > 0 };
}
