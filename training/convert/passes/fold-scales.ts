// Folds multiplications and additions by channel, which is what batch norms are, into the kernel and bias before them.
import type { Graph, GraphTensor, Operation, OperationKind } from "../graph.ts";
import { findOnlyProducer, findUses } from "./tensor-uses.ts";

type Folding = Extract<
  Operation,
  { kind: "CONV_2D" | "DEPTHWISE_CONV_2D" | "FULLY_CONNECTED" | "TRANSPOSE_CONV" | "MUL" | "ADD" }
>;

/** Where kernel and bias lie among the inputs. */
const weighted: Partial<Record<OperationKind, { readonly kernel: number; readonly bias: number }>> = {
  CONV_2D: { kernel: 1, bias: 2 },
  DEPTHWISE_CONV_2D: { kernel: 1, bias: 2 },
  FULLY_CONNECTED: { kernel: 1, bias: 2 },
  TRANSPOSE_CONV: { kernel: 1, bias: 3 },
};

/** Kernels and biases that nothing else reads are changed where they lie: copies would double a large model. */
export function foldScales(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const operations: (Operation | null)[] = [...graph.operations];
  const uses = findUses(graph);
  const producer = new Map(uses.producer);
  for (const [index, operation] of graph.operations.entries()) {
    const found = findConstantFactor(graph, operation);
    if (found === null) continue;
    const before = findOnlyProducer(operations, { producer, reads: uses.reads }, found.input);
    if (before === null) continue;
    const folded = fold(tensors, uses.reads, before.operation, found.kind, found.constant);
    if (folded === null) continue;
    operations[before.index] = { ...folded, outputs: operation.outputs };
    operations[index] = null;
    producer.set(operation.outputs[0]!, before.index);
  }
  return { ...graph, tensors, operations: operations.filter((operation) => operation !== null) };
}

/** A multiplication or addition of a computed tensor and a constant that leaves the computed shape as it is. */
function findConstantFactor({ tensors }: Graph, operation: Operation) {
  if (operation.kind !== "MUL" && operation.kind !== "ADD") return null;
  if (operation.options.activation !== "NONE") return null;
  const [a, b] = operation.inputs as readonly [number, number];
  const [input, constant] = tensors[a]!.data === null ? [a, b] : [b, a];
  const values = tensors[constant]!.data;
  if (!(values instanceof Float32Array) || tensors[input]!.data !== null) return null;
  const { shape } = tensors[operation.outputs[0]!]!;
  if (shape.join() !== tensors[input]!.shape.join()) return null;
  const isByChannel =
    values.length === 1 || (values.length === shape.at(-1) && tensors[constant]!.shape.at(-1) === shape.at(-1));
  return isByChannel ? { kind: operation.kind, input, constant: values } : null;
}

/** The operation with new weights; null where it has none or is followed by its own activation. */
function fold(
  tensors: GraphTensor[],
  reads: ReadonlyMap<number, number>,
  operation: Operation,
  kind: "MUL" | "ADD",
  constant: Float32Array,
): Operation | null {
  const places = weighted[operation.kind];
  if (places === undefined) return null;
  if ("activation" in operation.options && operation.options.activation !== "NONE") return null;
  const kernel = tensors[operation.inputs[places.kernel]!]!;
  const bias = tensors[operation.inputs[places.bias] ?? -1];
  if (!(kernel.data instanceof Float32Array) || !(bias?.data instanceof Float32Array)) return null;
  const of = (channel: number) => constant[constant.length === 1 ? 0 : channel]!;
  const inputs = [...operation.inputs];
  /** The values of an input, to be changed in place: its own, or a copy where another operation reads them too. */
  const ownValues = (place: number): Float32Array => {
    const index = inputs[place]!;
    const tensor = tensors[index]!;
    const values = tensor.data as Float32Array;
    if ((reads.get(index) ?? 1) === 1) return values;
    const data = values.slice();
    inputs[place] = tensors.push({ ...tensor, data }) - 1;
    return data;
  };
  const biases = ownValues(places.bias);
  if (kind === "ADD") {
    for (let channel = 0; channel < biases.length; channel++) biases[channel]! += of(channel);
  } else {
    for (let channel = 0; channel < biases.length; channel++) biases[channel]! *= of(channel);
    const values = ownValues(places.kernel);
    const isDepthwise = operation.kind === "DEPTHWISE_CONV_2D";
    const valuesPerOutput = values.length / biases.length;
    for (let i = 0; i < values.length; i++) {
      values[i]! *= of(isDepthwise ? i % biases.length : Math.floor(i / valuesPerOutput));
    }
  }
  return { ...(operation as Folding), inputs } as Operation;
}
