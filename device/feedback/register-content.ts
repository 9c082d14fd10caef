// What the register holds: every item, and the embeddings of the household negatives. No I/O.
import assert from "node:assert/strict";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { hasWholeNumbers, storedEmbeddingSchema } from "../sealed/embeddings.ts";
import { jsonOf } from "../sealed/json.ts";
import type { RegisterKind } from "../sealed/register-files.ts";
import { type FeedbackItem, feedbackItemSchema } from "./feedback.ts";
import { feedbackFaults } from "./feedback-faults.ts";

const { isNegative: _, ...itemProperties } = feedbackItemSchema.properties;

const entrySchema = Type.Object(
  {
    ...itemProperties,
    /** Size of the sealed file of frames; 0 where there is none. */
    fileBytes: Type.Integer({ minimum: 0 }),
    /** Of the household negative; empty where the item is none. */
    embeddings: Type.Array(storedEmbeddingSchema, { maxItems: 16 }),
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

const emptyContent: RegisterContent = { nextSeq: 1, entries: [] };

/** The register of feedback. */
export const feedbackRegister: RegisterKind<RegisterContent> = {
  realm: "feedback",
  empty: emptyContent,
  encode: encodeContent,
  decode: decodeContent,
  faults: feedbackFaults,
  holds: "the register of the household negatives",
  nextWithout: (folder) =>
    `The door stays locked, for it no longer knows whom to keep out. Put ${folder} and its key back from a backup, or ` +
    'move both away and say "not me" again.',
};

export function encodeContent(content: RegisterContent): Buffer {
  assert.ok(contentValidator.Check(content), "a register breaks its schema");
  return Buffer.from(JSON.stringify(content));
}

/** Null for bytes that are no register of this version. */
export function decodeContent(bytes: Uint8Array): RegisterContent | null {
  const content: unknown = jsonOf(bytes);
  if (!contentValidator.Check(content)) return null;
  const seqs = content.entries.map(({ seq }) => seq);
  const ascends = seqs.every((seq, i) => seq < (seqs[i + 1] ?? content.nextSeq));
  return ascends && content.entries.every(({ embeddings }) => embeddings.every(hasWholeNumbers)) ? content : null;
}

/** The item as everybody may see it: without embeddings and without the frames' place. */
export function itemOf({ fileBytes: _bytes, embeddings, ...item }: Entry): FeedbackItem {
  return { ...item, isNegative: embeddings.length > 0 };
}
