// Embeddings: unit vectors whose cosine says how alike two faces are.
import assert from "node:assert/strict";

/** How far a stored embedding's length may lie from 1. */
const unitTolerance = 1e-3;

/** Scales a vector to length 1, in place; false, and the vector unchanged, where it has no direction. */
export function normalise(vector: Float32Array): boolean {
  let squares = 0;
  for (const value of vector) squares += value * value;
  // A comparison with NaN is false.
  if (!(squares > 0) || !Number.isFinite(squares)) return false;
  const factor = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i]! *= factor;
  return true;
}

/** The cosine of two unit vectors, -1 to 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length, "embeddings of one space have one width");
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return Math.min(1, Math.max(-1, sum));
}

/** The direction of the mean of unit vectors; null for none, or where they cancel out. */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array | null {
  return weightedMeanEmbedding(
    embeddings,
    embeddings.map(() => 1),
  );
}

/**
 * The direction of the weighted mean of unit vectors; null where there is none.
 *
 * @param weights one an embedding, at least 0
 */
export function weightedMeanEmbedding(
  embeddings: readonly Float32Array[],
  weights: readonly number[],
): Float32Array | null {
  assert.equal(weights.length, embeddings.length, "each embedding has a weight");
  const [first] = embeddings;
  if (first === undefined) return null;
  const mean = new Float32Array(first.length);
  for (const [n, embedding] of embeddings.entries()) {
    assert.equal(embedding.length, mean.length, "embeddings of one space have one width");
    for (let i = 0; i < mean.length; i++) mean[i]! += embedding[i]! * weights[n]!;
  }
  return normalise(mean) ? mean : null;
}

/** What is wrong with a stored embedding, in words; null for a unit vector. */
export function embeddingFault(embedding: Float32Array): string | null {
  let squares = 0;
  for (const value of embedding) squares += value * value;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length)) return "values that are no numbers";
  return Math.abs(length - 1) <= unitTolerance ? null : `the length ${length.toFixed(4)} instead of 1`;
}
