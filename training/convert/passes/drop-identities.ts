// Drops operations that change nothing, and the first of two reshapes in a row.
import type { Graph, Operation } from "../graph.ts";

export function dropIdentities(graph: Graph): Graph {
  const outputs = new Set(graph.outputs);
  /** What stands for a dropped result. */
  const standsFor = new Map<number, number>();
  /** What a reshape reads: reshaping it once more needs only the last shape. */
  const reshaped = new Map<number, number>();
  const operations: Operation[] = [];
  for (const operation of graph.operations) {
    const inputs = operation.inputs.map((input) => standsFor.get(input) ?? input);
    const output = operation.outputs[0]!;
    if (operation.kind === "RESHAPE") inputs[0] = reshaped.get(inputs[0]!) ?? inputs[0]!;
    if (!outputs.has(output) && isIdentity(graph, operation, inputs[0]!)) {
      standsFor.set(output, inputs[0]!);
      continue;
    }
    if (operation.kind === "RESHAPE") reshaped.set(output, inputs[0]!);
    operations.push({ ...operation, inputs });
  }
  return { ...graph, operations };
}

function isIdentity({ tensors }: Graph, { kind, inputs, outputs }: Operation, input: number): boolean {
  if (kind === "RESHAPE") return tensors[input]!.shape.join() === tensors[outputs[0]!]!.shape.join();
  return kind === "PAD" && (tensors[inputs[1]!]!.data?.every((margin) => margin === 0) ?? false);
}
