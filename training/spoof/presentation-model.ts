// The network of the presentation attack defence: the frozen backbone, cut off where surfaces and edges are still seen.
import * as layers from "@tensorflow/tfjs-layers";
import { presentationLayers } from "../../device/bundle/presentation.ts";
import type { Backbone } from "../backbones/open-backbone.ts";
import { convertLayersModel } from "../convert/convert.ts";

/** A .tflite file: input as the backbone's, one output for each layer, [1, 3, 3, channels]: means over a grid. */
export function makePresentationModel({ extractor, name }: Backbone): Uint8Array {
  const outputs = presentationLayers.map((layer) => {
    const map = extractor.getLayer(layer.name).output as layers.SymbolicTensor;
    const side = map.shape[1]! / 3;
    return layers.layers
      .averagePooling2d({ poolSize: [side, side], strides: [side, side], name: `${layer.name}_grid` })
      .apply(map) as layers.SymbolicTensor;
  });
  const model = layers.model({ inputs: extractor.inputs, outputs, name: "presentation" });
  return convertLayersModel(model, { description: `${name}, for presentation attack detection` }).bytes;
}
