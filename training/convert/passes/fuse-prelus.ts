// Fuses a PRELU that was exported as five operations, `relu(x) + slope / 2 * (x - |x|)`, into the one that runtimes have.
import type { Graph, GraphTensor, Operation, OperationKind, OperationOf } from "../graph.ts";
import { dropDead } from "./drop-dead.ts";
import { findOnlyProducer, findUses, type TensorUses } from "./tensor-uses.ts";

export function fusePrelus(graph: Graph): Graph {
  const tensors = [...graph.tensors];
  const uses = findUses(graph);
  const operations = graph.operations.map((operation): Operation => {
    const found = operation.kind === "ADD" ? findPrelu(graph, uses, operation) : null;
    if (found === null) return operation;
    const halves = tensors[found.halfSlope]!;
    const slope: GraphTensor = {
      ...halves,
      name: `${halves.name}/slope`,
      data: (halves.data as Float32Array).map((value) => 2 * value),
    };
    const inputs = [found.input, tensors.push(slope) - 1];
    return { kind: "PRELU", options: {}, inputs, outputs: operation.outputs };
  });
  return dropDead({ ...graph, tensors, operations });
}

/** The parts of `relu(x) + halfSlope * (x - |x|)`, of which nothing else reads any but x. */
function findPrelu({ tensors, operations }: Graph, uses: TensorUses, sum: OperationOf<"ADD">) {
  const makerOf = <K extends OperationKind>(tensor: number, kind: K) => {
    const operation = findOnlyProducer(operations, uses, tensor)?.operation;
    if (operation?.kind !== kind) return null;
    const isPlain = !("activation" in operation.options) || operation.options.activation === "NONE";
    return isPlain ? (operation as OperationOf<K>) : null;
  };
  if (sum.options.activation !== "NONE") return null;
  for (const [positive, negative] of [sum.inputs, sum.inputs.toReversed()] as [number, number][]) {
    const input = makerOf(positive, "RELU")?.inputs[0];
    const product = makerOf(negative, "MUL")?.inputs;
    if (input === undefined || product === undefined) continue;
    const halfSlope = product.find((tensor) => isSlope(tensors[tensor]!, tensors[input]!));
    const difference = makerOf(product.find((tensor) => tensor !== halfSlope) ?? -1, "SUB")?.inputs;
    if (halfSlope === undefined || difference === undefined) continue;
    const absolute = makerOf(difference[1]!, "ABS")?.inputs[0];
    if (difference[0] === input && absolute === input) return { input, halfSlope };
  }
  return null;
}

/** One constant for each channel. */
function isSlope({ data, shape }: GraphTensor, input: GraphTensor): boolean {
  return data instanceof Float32Array && data.length === input.shape.at(-1) && shape.at(-1) === data.length;
}
