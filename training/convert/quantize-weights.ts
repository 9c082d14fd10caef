// Smaller files that still compute in float32: kernels as half floats, or as int8 that the runtime expands.
import type { Graph, GraphTensor, Operation } from "./graph.ts";
import { dropDead } from "./passes/drop-dead.ts";
import { storeSymmetric, symmetricScales, toFloat16Bits } from "./quantization.ts";
import { kernelAxis } from "./quantize.ts";

/** Below this many values a kernel stays as it is: it saves nothing. */
const valuesMin = 1024;

function isLarge({ data }: GraphTensor): boolean {
  return data instanceof Float32Array && data.length >= valuesMin;
}

/** Stores large constants as float16, each with an operation that widens it; XNNPACK does that once, when it loads. */
export function storeWeightsAsFloat16(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const widenings = graph.tensors.flatMap((tensor, index): Operation[] => {
    if (!isLarge(tensor)) return [];
    const data = Uint16Array.from(tensor.data!, toFloat16Bits);
    const narrow = tensors.push({ ...tensor, name: `${tensor.name}/float16`, type: "float16", data }) - 1;
    tensors[index] = { ...tensor, data: null };
    return [{ kind: "DEQUANTIZE", options: {}, inputs: [narrow], outputs: [index] }];
  });
  return { ...graph, tensors, operations: [...widenings, ...graph.operations] };
}

/**
 * Stores large kernels of convolutions and dense layers as int8. The runtime quantizes activations as it goes; XNNPACK
 * leaves such operations to the slower kernels, so this is for size alone.
 */
export function storeWeightsAsInt8(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const operations = graph.operations.map((operation): Operation => {
    const axis = kernelAxis[operation.kind];
    const kernel = tensors[operation.inputs[1] ?? -1];
    // Transposed convolutions have no such mode.
    if (axis === undefined || operation.kind === "TRANSPOSE_CONV" || kernel === undefined || !isLarge(kernel))
      return operation;
    const scales = symmetricScales(kernel.data as Float32Array, kernel.shape, axis, () => 0);
    const quantization = { scales, zeroPoints: [...scales.map(() => 0)], axis: axis ?? 0 };
    const data = storeSymmetric(kernel.data as Float32Array, kernel.shape, quantization);
    const stored = tensors.push({ ...kernel, type: "int8", data, quantization }) - 1;
    return { ...operation, inputs: operation.inputs.with(1, stored) };
  });
  return dropDead({ ...graph, tensors, operations });
}
