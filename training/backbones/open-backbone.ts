// A frozen backbone, ready to extract features: network, weights, pooling, and how its pictures are prepared.
import * as layers from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import { openWeights } from "../weights/open-weights.ts";
import type { FetchOptions } from "../weights/weights-cache.ts";
import { architectures, type BackboneShape, checkShape } from "./architectures.ts";

export interface BackboneOptions extends FetchOptions {
  readonly shape: BackboneShape;
  /** `keras`, `npm`, or a path: see `openWeights`. */
  readonly weights: string;
}

export interface Backbone {
  readonly shape: BackboneShape;
  /** Without pooling: input [batch, size, size, 3], output [batch, s, s, width]. */
  readonly network: layers.LayersModel;
  /** The network and global average pooling: output [batch, width]. */
  readonly extractor: layers.LayersModel;
  readonly width: number;
  readonly input: ModelInput;
  /** For people: architecture, width and size. */
  readonly name: string;
  readonly weights: string;
}

/**
 * Builds the network and fills it with its weights. The current TensorFlow.js backend holds them: with `useMemoryBackend`
 * no copy is made.
 *
 * @throws FacelatchError USAGE for a shape or a combination that does not exist, and what `openWeights` throws
 */
export async function openBackbone(options: BackboneOptions): Promise<Backbone> {
  const { shape } = options;
  checkShape(shape);
  const { title, parameters, build } = architectures[shape.name];
  const weights = await openWeights(options.weights, shape, options);
  const network = build(shape);
  weights.fill(network);
  network.trainable = false;
  const extractor = appendPooling(network);
  return {
    shape,
    network,
    extractor,
    width: network.outputs[0]!.shape[3]!,
    input: {
      shape: [1, shape.sizePx, shape.sizePx, 3],
      layout: "NHWC",
      dtype: "float32",
      colour: "RGB",
      resizeKernel: "triangle",
      ...weights.pixels,
    },
    name: `${title}${parameters.size > 1 ? ` ${shape.alpha.toFixed(2).replace(/0$/, "")}` : ""}, ${shape.sizePx} px`,
    weights: weights.description,
  };
}

function appendPooling(network: layers.LayersModel): layers.LayersModel {
  const name = "global_average_pooling2d";
  const pooling = layers.layers.globalAveragePooling2d({ name } as Parameters<
    typeof layers.layers.globalAveragePooling2d
  >[0]);
  const pooled = pooling.apply(network.outputs[0]!) as layers.SymbolicTensor;
  const extractor = layers.model({ inputs: network.inputs, outputs: pooled, name: "extractor" });
  extractor.trainable = false;
  return extractor;
}
