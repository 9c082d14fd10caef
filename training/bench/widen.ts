// Turns constants that are stored as half floats back into float32, for engines that know nothing else.
import type { Graph, GraphTensor } from "../convert/graph.ts";
import { dropDead } from "../convert/passes/drop-dead.ts";

/** The same graph with float32 constants, where it held float16 ones and operations that widen them. */
export function widenConstants(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const operations = graph.operations.filter(({ kind, inputs, outputs }) => {
    const { type, data } = tensors[inputs[0]!]!;
    if (kind !== "DEQUANTIZE" || type !== "float16" || data === null) return true;
    const widened: GraphTensor = { ...tensors[outputs[0]!]!, data: Float32Array.from(data, fromFloat16Bits) };
    tensors[outputs[0]!] = widened;
    return false;
  });
  return dropDead({ ...graph, tensors, operations });
}

function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
