// Copies of a network, or of a part of it, with layers and weights of their own: to change them, cut them, join them.
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

export type Layer = layers.SymbolicTensor["sourceLayer"];

/** What takes the place of a layer in a copy. */
export interface Replacement {
  /** Over the layer's own configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** In the order of the new layer's weights. */
  readonly weights: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];
}

export interface CopyOptions {
  /** The copy begins behind this layer, whose output becomes its input; by default at the network's input. */
  readonly from?: string;
  /** The copy ends with this layer; by default with the network's output. */
  readonly to?: string;
  /** Becomes the copy's input; by default a new one of the same shape. */
  readonly onto?: layers.SymbolicTensor;
  /** "leave-out" passes the layer's input on; null copies it as it is. */
  readonly replace?: (layer: Layer) => Replacement | "leave-out" | null;
  /** Of the model that is made. */
  readonly name?: string;
}

/** The output of a layer of the model; every layer is used once. */
function outputOf(model: layers.LayersModel, layerName: string): layers.SymbolicTensor {
  return model.getLayer(layerName).output as layers.SymbolicTensor;
}

/** The model from its (or `onto`'s) input to the end of the copy. Networks of one input and one output are copied. */
export function copyNetwork(model: layers.LayersModel, options: CopyOptions = {}): layers.LayersModel {
  assert.ok(model.inputs.length === 1 && model.outputs.length === 1, `${model.name} has several inputs or outputs`);
  const input = options.from === undefined ? model.inputs[0]! : outputOf(model, options.from);
  const output = options.to === undefined ? model.outputs[0]! : outputOf(model, options.to);
  const start = options.onto ?? layers.input({ shape: input.shape.slice(1), name: inputName(input, options) });
  const copies = new Map<number, layers.SymbolicTensor>([[input.id, start]]);
  const end = copyTensor(output, copies, options);
  const inputs = options.onto === undefined ? start : sourcesOf(options.onto);
  return layers.model({ inputs, outputs: end, name: options.name ?? model.name });
}

const inputName = ({ sourceLayer }: layers.SymbolicTensor, { from }: CopyOptions) =>
  from === undefined ? sourceLayer.name : `${sourceLayer.name}_input`;

/** The inputs that a tensor is computed from. */
function sourcesOf(tensor: layers.SymbolicTensor): layers.SymbolicTensor[] {
  const seen = new Set<layers.SymbolicTensor>();
  const visit = (current: layers.SymbolicTensor): void => {
    if (seen.has(current)) return;
    seen.add(current);
    for (const input of nodeOf(current).inputTensors) visit(input);
  };
  visit(tensor);
  return [...seen].filter((current) => nodeOf(current).inboundLayers.length === 0);
}

const nodeOf = ({ sourceLayer, nodeIndex }: layers.SymbolicTensor) => sourceLayer.inboundNodes[nodeIndex]!;

function copyTensor(
  tensor: layers.SymbolicTensor,
  copies: Map<number, layers.SymbolicTensor>,
  options: CopyOptions,
): layers.SymbolicTensor {
  const known = copies.get(tensor.id);
  if (known !== undefined) return known;
  const layer = tensor.sourceLayer;
  const { inboundLayers, inputTensors } = nodeOf(tensor);
  assert.ok(inboundLayers.length > 0, `more than one tensor runs through the network at ${options.from}`);
  const inputs = inputTensors.map((input) => copyTensor(input, copies, options));
  const replacement = options.replace?.(layer) ?? null;
  const copy = replacement === "leave-out" ? inputs[0]! : applyCopy(layer, inputs, replacement);
  copies.set(tensor.id, copy);
  return copy;
}

interface LayerClass {
  fromConfig(type: LayerClass, config: object): Layer;
}

function applyCopy(
  layer: Layer,
  inputs: readonly layers.SymbolicTensor[],
  replacement: Replacement | null,
): layers.SymbolicTensor {
  const type = layer.constructor as unknown as LayerClass;
  const copy = type.fromConfig(type, { ...layer.getConfig(), ...replacement?.config });
  const output = copy.apply(inputs.length === 1 ? inputs[0]! : [...inputs]) as layers.SymbolicTensor;
  if (replacement === null) {
    if (layer.weights.length > 0) copy.setWeights(layer.getWeights());
    return output;
  }
  const weights = replacement.weights.map(({ values, shape }) => tf.tensor(values, [...shape]));
  copy.setWeights(weights);
  tf.dispose(weights);
  return output;
}
