// Joins the backbone and a trained head into the one model that is converted.
import * as layers from "@tensorflow/tfjs-layers";
import { appendHead } from "./head.ts";

/**
 * @param extractor the frozen backbone with its read-out, output [batch, width]
 * @param head as `trainHead` gives it, input [batch, width]
 */
export function joinHead(extractor: layers.LayersModel, head: layers.LayersModel): layers.LayersModel {
  const classes = head.outputs[0]!.shape[1]!;
  const hidden = head.layers.find(({ name }) => name === "dense")?.outputShape as (number | null)[] | undefined;
  const output = appendHead(extractor.outputs[0]!, classes, 0, hidden?.[1] ?? 0);
  const classifier = layers.model({ inputs: extractor.inputs, outputs: output, name: "classifier" });
  for (const { name } of head.layers) {
    const weights = head.getLayer(name).getWeights();
    if (weights.length > 0) classifier.getLayer(name).setWeights(weights);
  }
  return classifier;
}
