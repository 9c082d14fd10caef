// The network that looks at what covers a face: the frozen backbone at a small size, cut off where parts are still seen.
import * as layers from "@tensorflow/tfjs-layers";
import { bandsShape, coveringInputPx, coveringLayer } from "../../device/bundle/coverings.ts";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import { architectures } from "../backbones/architectures.ts";
import type { Backbone } from "../backbones/open-backbone.ts";
import { convertLayersModel } from "../convert/convert.ts";

export interface CoveringModel {
  /** A .tflite file: input [1, 96, 96, 3], output means over bands of the face. */
  readonly bytes: Uint8Array;
  readonly input: ModelInput;
}

/** The backbone's weights at another size; nothing is loaded again. */
export function makeCoveringModel({ shape, network, input, name }: Backbone): CoveringModel {
  const small = architectures[shape.name].build({ ...shape, sizePx: coveringInputPx });
  for (const layer of small.layers) {
    if (layer.weights.length > 0) layer.setWeights(network.getLayer(layer.name).getWeights());
  }
  const map = small.getLayer(coveringLayer.name).output as layers.SymbolicTensor;
  const [, rows, columns] = map.shape;
  const poolSize: [number, number] = [rows! / bandsShape[1]!, columns!];
  const bands = layers.layers.averagePooling2d({ poolSize, strides: poolSize, name: "bands" }).apply(map);
  const model = layers.model({ inputs: small.inputs, outputs: bands as layers.SymbolicTensor, name: "coverings" });
  return {
    bytes: convertLayersModel(model, { description: `${name} weights, for what covers a face` }).bytes,
    input: { ...input, shape: [1, coveringInputPx, coveringInputPx, 3] },
  };
}
