// The face detector of a bundle: a decoded picture goes in, faces come out.
import { blazeFace, decodeFaces, type Face, letterbox } from "../bundle/faces.ts";
import type { RgbImage } from "../bundle/image.ts";
import { fillDetectorInput } from "../bundle/input-tensor.ts";
import type { ModelInput } from "../bundle/manifest.ts";
import type { Engine } from "./engine.ts";
import { floatTensor } from "./float-tensor.ts";

export interface DetectorSettings {
  readonly input: ModelInput;
  readonly scoreMin: number;
  readonly overlapMax: number;
}

export type FaceDetector = (image: RgbImage) => Face[];

/** Throws MODEL_INVALID when the model's tensors are not BlazeFace's. */
export function openFaceDetector(engine: Engine, bytes: Uint8Array, settings: DetectorSettings): FaceDetector {
  const model = engine.load(bytes);
  const input = floatTensor(model.inputs, settings.input.shape);
  const regressors = floatTensor(model.outputs, [1, blazeFace.anchors, blazeFace.coordinates]);
  const logits = floatTensor(model.outputs, [1, blazeFace.anchors, 1]);
  return (image) => {
    const box = letterbox(image);
    fillDetectorInput(image, box, settings.input, input);
    model.infer();
    return decodeFaces(regressors, logits, box, settings.scoreMin, settings.overlapMax);
  };
}
