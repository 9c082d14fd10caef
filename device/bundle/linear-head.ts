// A linear head: features go in, the share of one suspicion comes out; and the file that carries it in a bundle.
import { FacelatchError } from "../errors/errors.ts";

/** What a head suspects. A file made for one is refused for another. */
export const headPurposes = ["presentation", "mask", "occlusion"] as const;
export type HeadPurpose = (typeof headPurposes)[number];

export interface LinearHead {
  readonly purpose: HeadPurpose;
  /** One for each feature. */
  readonly weights: Float32Array;
  readonly bias: number;
}

/** What a bundle may hold. */
const headLimits = { inputsMax: 8192 } as const;

/** The four bytes that a file begins with, and its layout: little-endian, header then weights, all 4 bytes wide. */
const magic = 0x31_48_4c_46; // "FLH1"
const header = { magic: 0, purpose: 4, inputs: 8, bias: 12, bytes: 16 } as const;

/**
 * The logistic of the weighted sum, 0 to 1. What is no number is suspected: doubt means locked.
 *
 * @param features as many as the head has weights
 */
export function headScore(features: ArrayLike<number>, { weights, bias }: LinearHead): number {
  if (features.length !== weights.length) throw new Error(`${features.length} features for ${weights.length} weights`);
  let sum = bias;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * features[i]!;
  return Number.isNaN(sum) ? 1 : 1 / (1 + Math.exp(-sum));
}

/** Whether the suspicion is held: from this score on, or where the score is no number. */
export function isSuspected(score: number, scoreMin: number): boolean {
  return !(score < scoreMin);
}

export function encodeHead({ purpose, weights, bias }: LinearHead): Uint8Array {
  const bytes = new Uint8Array(header.bytes + weights.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(header.magic, magic, true);
  view.setUint32(header.purpose, headPurposes.indexOf(purpose), true);
  view.setUint32(header.inputs, weights.length, true);
  view.setFloat32(header.bias, bias, true);
  for (const [i, weight] of weights.entries()) view.setFloat32(header.bytes + i * 4, weight, true);
  return bytes;
}

/**
 * Reads a head's file.
 *
 * @param purpose what it must have been made for
 * @param inputs how many features there are to weigh
 * @throws FacelatchError MODEL_INVALID
 */
export function decodeHead(bytes: Uint8Array, purpose: HeadPurpose, inputs: number): LinearHead {
  const expected = `a ${purpose} head for ${inputs} features`;
  const refuse = (found: string): never => {
    throw new FacelatchError("MODEL_INVALID", {
      expected,
      found,
      next: "Make the bundle again from its training run.",
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < header.bytes || view.getUint32(header.magic, true) !== magic) {
    refuse(`${bytes.byteLength} bytes that are no head`);
  }
  const found = headPurposes[view.getUint32(header.purpose, true)];
  if (found !== purpose) refuse(`a head for ${found ?? "something unknown"}`);
  const count = view.getUint32(header.inputs, true);
  if (count === 0 || count > headLimits.inputsMax || count !== inputs) refuse(`a head for ${count} features`);
  if (bytes.byteLength !== header.bytes + count * 4) refuse(`${bytes.byteLength} bytes for ${count} features`);
  const head: LinearHead = {
    purpose,
    weights: Float32Array.from({ length: count }, (_, i) => view.getFloat32(header.bytes + i * 4, true)),
    bias: view.getFloat32(header.bias, true),
  };
  if (!Number.isFinite(head.bias) || !head.weights.every(Number.isFinite)) refuse("weights that are no numbers");
  return head;
}
