// Embeddings as registers hold them: with the space in which alone they mean something, and as text.
import Type, { type Static } from "typebox";

export const storedEmbeddingSchema = Type.Object(
  {
    /** 64 hex digits. */
    space: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Embeddings of different spaces do not compare." }),
    /** The numbers as little-endian float32, in base64. */
    values: Type.String({
      pattern: "^[A-Za-z0-9+/]+={0,2}$",
      maxLength: 64 * 1024,
      description: "The numbers as little-endian float32, in base64.",
    }),
  },
  { additionalProperties: false },
);

export type StoredEmbedding = Static<typeof storedEmbeddingSchema>;

/** Of a board whose processor is little-endian, as all are that this runs on. */
export function encodeEmbedding(space: string, embedding: Float32Array): StoredEmbedding {
  const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  return { space, values: bytes.toString("base64") };
}

export function decodeEmbedding({ values }: Pick<StoredEmbedding, "values">): Float32Array {
  const bytes = Buffer.from(values, "base64");
  const embedding = new Float32Array(bytes.length / 4);
  for (let i = 0; i < embedding.length; i++) embedding[i] = bytes.readFloatLE(i * 4);
  return embedding;
}

/** Whether the text is that of whole numbers. */
export function hasWholeNumbers({ values }: Pick<StoredEmbedding, "values">): boolean {
  return Buffer.from(values, "base64").length % 4 === 0;
}
