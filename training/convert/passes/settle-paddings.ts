// Writes out SAME padding where strides pass over the picture's end, which XNNPACK computes wrongly.
//
// Measured with TensorFlow Lite 2.9: kernels smaller than their strides, except 1x1, read other rows and columns.
import type { Graph, GraphTensor, Operation } from "../graph.ts";
import { type Convolution, sameMargins } from "./same-margins.ts";

export function settlePaddings(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const operations = graph.operations.flatMap((operation): Operation[] => {
    if (operation.kind !== "CONV_2D" && operation.kind !== "DEPTHWISE_CONV_2D") return [operation];
    return operation.options.padding === "SAME" ? settle(graph, tensors, operation) : [operation];
  });
  return { ...graph, tensors, operations };
}

function settle(graph: Graph, tensors: GraphTensor[], operation: Convolution): Operation[] {
  const input = operation.inputs[0]!;
  const { height, width } = sameMargins(graph, operation, input);
  if (!height.leavesRest && !width.leavesRest) return [operation];
  const options = { ...operation.options, padding: "VALID" };
  const margins = [0, 0, ...height.margins, ...width.margins, 0, 0];
  if (margins.every((margin) => margin === 0)) return [{ ...operation, options } as Operation];
  const { shape, name, type } = tensors[input]!;
  const paddedShape = shape.map((size, i) => size + margins[2 * i]! + margins[2 * i + 1]!);
  const output = tensors[operation.outputs[0]!]!.name;
  const rows = {
    name: `${output}/margins`,
    shape: [4, 2],
    type: "int32",
    data: Int32Array.from(margins),
    quantization: null,
  } as const;
  const padded =
    tensors.push({ name: `${output}/${name}/padded`, shape: paddedShape, type, data: null, quantization: null }) - 1;
  const pad: Operation = { kind: "PAD", options: {}, inputs: [input, tensors.push(rows) - 1], outputs: [padded] };
  return [pad, { ...operation, options, inputs: [padded, ...operation.inputs.slice(1)] } as Operation];
}
