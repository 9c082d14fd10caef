// Runs the network that looks at a face's surroundings: features for training, a score for the door.
import { type Face, frameFace } from "../bundle/faces.ts";
import type { RgbImage } from "../bundle/image.ts";
import { fillClassifierInput } from "../bundle/input-tensor.ts";
import type { LinearHead } from "../bundle/linear-head.ts";
import type { ModelInput } from "../bundle/manifest.ts";
import { centreAndSurround, pooledShape, presentationLayers, presentationScore } from "../bundle/presentation.ts";
import type { Engine } from "./engine.ts";
import { floatTensor } from "./float-tensor.ts";

export type PresentationExtractor = (image: RgbImage, face: Face) => Float32Array;

/** 0 for a genuine face, 1 for an attack. */
export type PresentationDetector = (image: RgbImage, face: Face) => number;

/** How the network sees a face. */
export interface PresentationFrame {
  readonly input: ModelInput;
  /** Side of the framed square, in sides of the face box. */
  readonly faceMarginRatio: number;
}

/** Throws MODEL_INVALID when the model's tensors are not those of the layers that are read. */
export function openPresentationExtractor(
  engine: Engine,
  bytes: Uint8Array,
  { input, faceMarginRatio }: PresentationFrame,
): PresentationExtractor {
  const model = engine.load(bytes);
  const tensor = floatTensor(model.inputs, input.shape);
  const pooled = presentationLayers.map(({ channels }) => floatTensor(model.outputs, pooledShape(channels)));
  return (image, face) => {
    fillClassifierInput(image, frameFace(face, faceMarginRatio), input, tensor);
    model.infer();
    return centreAndSurround(pooled);
  };
}

/** Throws MODEL_INVALID as the extractor does. */
export function openPresentationDetector(
  engine: Engine,
  bytes: Uint8Array,
  frame: PresentationFrame,
  head: LinearHead,
): PresentationDetector {
  const extract = openPresentationExtractor(engine, bytes, frame);
  return (image, face) => presentationScore(extract(image, face), head);
}
