// Runs the network that looks at what covers a face: features for training, a verdict for the door.
import {
  bandsShape,
  type Covering,
  coveringInputPx,
  coveringOf,
  type Suspicion,
  warpCovering,
} from "../bundle/coverings.ts";
import type { Face } from "../bundle/faces.ts";
import type { RgbImage } from "../bundle/image.ts";
import type { ModelInput } from "../bundle/manifest.ts";
import type { Engine } from "./engine.ts";
import { floatTensor } from "./float-tensor.ts";

/** Of a face with refined landmarks; the features are of their own memory. */
export type CoveringExtractor = (image: RgbImage, face: Face) => Float32Array;

/** Null for a bare face. */
export type CoveringDetector = (image: RgbImage, face: Face) => Covering | null;

/** Throws MODEL_INVALID when the model's tensors are not those of the layer that is read. */
export function openCoveringExtractor(
  engine: Engine,
  bytes: Uint8Array,
  { mean, scale }: ModelInput,
): CoveringExtractor {
  const model = engine.load(bytes);
  const tensor = floatTensor(model.inputs, [1, coveringInputPx, coveringInputPx, 3]);
  const bands = floatTensor(model.outputs, bandsShape);
  return (image, face) => {
    warpCovering(image, face, tensor);
    for (let i = 0; i < tensor.length; i++) tensor[i] = (tensor[i]! - mean) / scale;
    model.infer();
    return bands.slice();
  };
}

/** Throws MODEL_INVALID as the extractor does. */
export function openCoveringDetector(
  engine: Engine,
  bytes: Uint8Array,
  input: ModelInput,
  suspicions: { readonly mask: Suspicion | null; readonly occlusion: Suspicion | null },
): CoveringDetector {
  const extract = openCoveringExtractor(engine, bytes, input);
  return (image, face) => coveringOf(extract(image, face), suspicions);
}
