// Turns a TensorFlow.js layers model into a graph, layer call by layer call; nested models are unfolded.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Graph } from "./graph.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { activationLayers } from "./layers/activation.ts";
import { convolutionLayers } from "./layers/convolution.ts";
import { denseLayers } from "./layers/dense.ts";
import { elementwiseLayers } from "./layers/elementwise.ts";
import { type Layer, LayerCall, type LayerConverter, unsupported } from "./layers/layer-call.ts";
import { poolingLayers } from "./layers/pooling.ts";
import { shapeLayers } from "./layers/shape.ts";

const converters: ReadonlyMap<string, LayerConverter> = new Map(
  Object.entries({
    ...activationLayers,
    ...convolutionLayers,
    ...denseLayers,
    ...elementwiseLayers,
    ...poolingLayers,
    ...shapeLayers,
  }),
);

/** A layer applied to values; values are numbered in the order of their making, inputs first. */
interface Step {
  readonly layer: Layer;
  readonly inputs: readonly number[];
}

/** The values of symbolic tensors, by id; a nested model has a scope of its own for each use. */
type Scope = Map<number, number>;

/**
 * The graph of a layers model for one batch size.
 *
 * @throws FacelatchError CONVERT_UNSUPPORTED naming every layer of an unknown class, or one with unknown settings
 */
export function graphFromLayers(model: LayersModel, description: string, batchSize: number): Graph {
  const { steps, outputs } = orderSteps(model);
  refuseUnknownLayers(steps);
  const builder = new GraphBuilder();
  const inputs = model.inputs.map((input) => builder.input(input.sourceLayer.name, inputShape(input, batchSize)));
  const tensors = [...inputs];
  const constantsOf = new Map<Layer, Map<string, number>>();
  for (const { layer, inputs: values } of steps) {
    const constants = constantsOf.get(layer) ?? new Map<string, number>();
    constantsOf.set(layer, constants);
    const call = new LayerCall(
      layer,
      builder,
      values.map((value) => tensors[value]!),
      constants,
    );
    tensors.push(converters.get(layer.getClassName())!(call));
  }
  return builder.finish(
    description,
    inputs,
    outputs.map((value) => tensors[value]!),
  );
}

/** Every layer call that the outputs need, in the order of execution. */
function orderSteps(model: LayersModel): { steps: readonly Step[]; outputs: readonly number[] } {
  const steps: Step[] = [];
  const inputs = model.inputs.length;
  const resolve = (tensor: SymbolicTensor, scope: Scope): number => {
    const known = scope.get(tensor.id);
    if (known !== undefined) return known;
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex];
    if (node === undefined || node.inputTensors.length === 0) throw unboundInput(layer);
    const values = node.inputTensors.map((input) => resolve(input, scope));
    const nested = asModel(layer);
    if (nested !== null) {
      const inner: Scope = new Map(nested.inputs.map((input, index) => [input.id, values[index]!]));
      for (const [index, output] of nested.outputs.entries()) {
        scope.set(node.outputTensors[index]!.id, resolve(output, inner));
      }
    } else {
      if (node.outputTensors.length !== 1)
        throw unsupported(layer, "has several outputs", "Replace the layer in the model.");
      scope.set(tensor.id, inputs + steps.push({ layer, inputs: values }) - 1);
    }
    return scope.get(tensor.id)!;
  };
  const outer: Scope = new Map(model.inputs.map((input, index) => [input.id, index]));
  const outputs = model.outputs.map((output) => resolve(output, outer));
  return { steps, outputs };
}

function asModel(layer: Layer): LayersModel | null {
  return "layers" in layer && Array.isArray(layer.layers) ? (layer as LayersModel) : null;
}

function unboundInput(layer: Layer): FacelatchError {
  return unsupported(layer, "is an input that the model does not list", "List every input when the model is made.");
}

function refuseUnknownLayers(steps: readonly Step[]): void {
  const unknown = steps.filter(({ layer }) => !converters.has(layer.getClassName()));
  if (unknown.length === 0) return;
  const names = [...new Set(unknown.map(({ layer }) => `layer ${layer.name} (${layer.getClassName()})`))];
  throw new FacelatchError("CONVERT_UNSUPPORTED", {
    expected: `layers of these classes: ${[...converters.keys()].sort().join(", ")}`,
    found: names.join(", "),
    next: "Replace these layers in the model, and train it again.",
  });
}

function inputShape({ shape, dtype, sourceLayer }: SymbolicTensor, batchSize: number): readonly number[] {
  const [batch, ...sizes] = shape;
  if (dtype !== "float32") {
    throw unsupported(sourceLayer, `has the type ${dtype}`, "Feed float32 values to the model.");
  }
  const known = sizes.filter((size) => size !== null);
  if (known.length < sizes.length) {
    throw unsupported(sourceLayer, `has the open shape [${shape.join(", ")}]`, "Give the input a fixed shape.");
  }
  return [batch ?? batchSize, ...known];
}
