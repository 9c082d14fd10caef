// The verifier of a bundle: a face in a decoded picture goes in, its embedding comes out.
import { alignedPx, alignFace, warpAligned } from "../bundle/alignment.ts";
import { normalise } from "../bundle/embedding.ts";
import type { Face } from "../bundle/faces.ts";
import type { RgbImage } from "../bundle/image.ts";
import type { ModelInput } from "../bundle/manifest.ts";
import { FacelatchError } from "../errors/errors.ts";
import type { Engine } from "./engine.ts";
import { floatTensor } from "./float-tensor.ts";

export interface EmbedderSettings {
  /** Of shape [1, 112, 112, 3]. */
  readonly input: ModelInput;
  readonly embeddingWidth: number;
  /** Whether the mirrored face is embedded too and both are averaged, for twice the time. */
  readonly mirrored: boolean;
}

export interface EmbeddedFace {
  /** A unit vector of its own memory. */
  readonly embedding: Float32Array;
  /** The aligned crop, [112, 112, 3], 0 to 255; valid until the next call. */
  readonly aligned: Float32Array;
}

/** Throws MODEL_INVALID when the model answers no numbers. */
export type FaceEmbedder = (image: RgbImage, face: Face) => EmbeddedFace;

/** Throws MODEL_INVALID when the model's tensors are not those of the settings. */
export function openFaceEmbedder(engine: Engine, bytes: Uint8Array, settings: EmbedderSettings): FaceEmbedder {
  const { input, embeddingWidth, mirrored } = settings;
  const model = engine.load(bytes);
  const tensor = floatTensor(model.inputs, [1, alignedPx, alignedPx, 3]);
  const output = floatTensor(model.outputs, [1, embeddingWidth]);
  if (input.shape.join() !== [1, alignedPx, alignedPx, 3].join()) throw invalid(`an input of ${input.shape.join("x")}`);
  const aligned = new Float32Array(tensor.length);
  const infer = () => {
    model.infer();
    const embedding = output.slice();
    if (!normalise(embedding)) throw invalid("an embedding without a direction");
    return embedding;
  };
  return (image, face) => {
    const similarity = alignFace(face.landmarks);
    if (!Number.isFinite(similarity.leftPx + similarity.topPx)) throw invalid("landmarks that are no numbers");
    warpAligned(image, similarity, aligned);
    for (let i = 0; i < tensor.length; i++) tensor[i] = (aligned[i]! - input.mean) / input.scale;
    const embedding = infer();
    if (!mirrored) return { embedding, aligned };
    mirror(tensor);
    const other = infer();
    for (let i = 0; i < embedding.length; i++) embedding[i]! += other[i]!;
    if (!normalise(embedding)) throw invalid("an embedding opposite to its mirror image's");
    return { embedding, aligned };
  };
}

/** Exchanges left and right of an aligned crop. */
function mirror(crop: Float32Array): void {
  for (let row = 0; row < crop.length; row += alignedPx * 3) {
    for (let left = row, right = row + (alignedPx - 1) * 3; left < right; left += 3, right -= 3) {
      for (let k = 0; k < 3; k++) {
        const kept = crop[left + k]!;
        crop[left + k] = crop[right + k]!;
        crop[right + k] = kept;
      }
    }
  }
}

function invalid(found: string): FacelatchError {
  return new FacelatchError("MODEL_INVALID", {
    expected: `a verifier that turns a face of ${alignedPx} x ${alignedPx} px into numbers`,
    found,
    next: "Make the bundle again with a verifier that matches its manifest.",
  });
}
