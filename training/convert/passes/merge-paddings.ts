// Lets a convolution pad by itself where an explicit padding before it equals SAME.
import type { Graph, Operation } from "../graph.ts";
import { type Convolution, sameMargins } from "./same-margins.ts";
import { findUses } from "./tensor-uses.ts";

export function mergePaddings(graph: Graph): Graph {
  const { producer } = findUses(graph);
  const operations = graph.operations.map((operation): Operation => {
    if (operation.kind !== "CONV_2D" && operation.kind !== "DEPTHWISE_CONV_2D") return operation;
    if (operation.options.padding !== "VALID") return operation;
    const pad = graph.operations[producer.get(operation.inputs[0]!) ?? -1];
    if (pad?.kind !== "PAD" || !equalsSame(graph, pad, operation)) return operation;
    const inputs = [pad.inputs[0]!, ...operation.inputs.slice(1)];
    return { ...operation, inputs, options: { ...operation.options, padding: "SAME" } } as Operation;
  });
  const { reads } = findUses({ ...graph, operations });
  return { ...graph, operations: operations.filter(({ kind, outputs }) => kind !== "PAD" || reads.has(outputs[0]!)) };
}

function equalsSame(graph: Graph, pad: Operation, convolution: Convolution): boolean {
  const { height, width } = sameMargins(graph, convolution, pad.inputs[0]!);
  const expected = [0, 0, ...height.margins, ...width.margins, 0, 0];
  return graph.tensors[pad.inputs[1]!]!.data?.join() === expected.join();
}
