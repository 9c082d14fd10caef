// Golden images: pictures inside a bundle whose answers are known, and the comparison with what came out here.
import { cosine } from "./embedding.ts";
import type { Face } from "./faces.ts";
import type { Golden } from "./manifest.ts";

/** What the models on this machine say of a golden image. */
export interface GoldenAnswer {
  readonly faces: readonly Face[];
  readonly scores: readonly number[];
  /** Of the largest face, normalised; null without one. */
  readonly embedding: Float32Array | null;
  /** The classifier's input tensor. */
  readonly tensor: Float32Array;
}

const sampleValues = 256;

/** Records the answer for a golden image, when a bundle is made. */
export function recordGolden(image: string, answer: GoldenAnswer): Golden {
  const tensorStride = Math.max(1, Math.floor(answer.tensor.length / sampleValues));
  const box = answer.faces[0]?.box;
  return {
    image,
    faces: answer.faces.length,
    boxPx: box === undefined ? null : [box.leftPx, box.topPx, box.widthPx, box.heightPx],
    boxTolerancePx: 4,
    tensorStride,
    tensorSample: sampleTensor(answer.tensor, tensorStride),
    tensorTolerance: 0.05,
    scores: [...answer.scores],
    scoreTolerance: 0.05,
    embedding: answer.embedding === null ? null : [...answer.embedding],
    embeddingScoreMin: 0.98,
  };
}

function sampleTensor(tensor: Float32Array, stride: number): number[] {
  const sample: number[] = [];
  for (let i = 0; i < tensor.length && sample.length < sampleValues; i += stride) sample.push(tensor[i]!);
  return sample;
}

function maxAbsDiff(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    // A comparison with NaN is false: without this line a model that answers NaN would pass.
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    max = Math.max(max, difference);
  }
  return max;
}

/** The first difference between the known answer and the one found, in words; null when they agree. */
export function goldenMismatch(golden: Golden, answer: GoldenAnswer): string | null {
  if (answer.faces.length !== golden.faces) {
    return `${golden.image}: ${answer.faces.length} faces instead of ${golden.faces}`;
  }
  const box = answer.faces[0]?.box;
  const boxPx = box === undefined ? [] : [box.leftPx, box.topPx, box.widthPx, box.heightPx];
  const boxDiffPx = maxAbsDiff(golden.boxPx ?? [], boxPx);
  if (boxDiffPx > golden.boxTolerancePx) return `${golden.image}: the face box differs by ${boxDiffPx.toFixed(1)} px`;
  const tensorDiff = maxAbsDiff(golden.tensorSample, sampleTensor(answer.tensor, golden.tensorStride));
  if (tensorDiff > golden.tensorTolerance)
    return `${golden.image}: the input tensor differs by ${tensorDiff.toFixed(4)}`;
  const scoreDiff = maxAbsDiff(golden.scores, answer.scores);
  if (scoreDiff > golden.scoreTolerance) return `${golden.image}: the scores differ by ${scoreDiff.toFixed(4)}`;
  return embeddingMismatch(golden, answer.embedding);
}

function embeddingMismatch(golden: Golden, found: Float32Array | null): string | null {
  const known = golden.embedding;
  if (known === null || found === null) {
    return known === found ? null : `${golden.image}: a face embedded here or there alone`;
  }
  if (known.length !== found.length) return `${golden.image}: ${found.length} values of the embedding`;
  const similarity = cosine(Float32Array.from(known), found);
  // Written so that NaN is a mismatch.
  if (similarity >= golden.embeddingScoreMin) return null;
  return `${golden.image}: the embedding's similarity is ${similarity.toFixed(4)}`;
}
