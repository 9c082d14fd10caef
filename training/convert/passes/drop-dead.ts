// Drops operations that no output needs and tensors that no operation names, and numbers the rest anew.
import type { Graph, Operation } from "../graph.ts";

export function dropDead(graph: Graph): Graph {
  const needed = new Set(graph.outputs);
  const operations: Operation[] = [];
  for (const operation of graph.operations.toReversed()) {
    if (!operation.outputs.some((output) => needed.has(output))) continue;
    for (const input of operation.inputs) needed.add(input);
    for (const output of operation.outputs) needed.add(output);
    operations.unshift(operation);
  }
  for (const input of graph.inputs) needed.add(input);
  const kept = graph.tensors.flatMap((_, index) => (needed.has(index) ? [index] : []));
  const renamed = new Map(kept.map((tensor, index) => [tensor, index]));
  const rename = (tensors: readonly number[]) => tensors.map((tensor) => (tensor === -1 ? -1 : renamed.get(tensor)!));
  return {
    description: graph.description,
    tensors: kept.map((tensor) => graph.tensors[tensor]!),
    operations: operations.map((operation) => ({
      ...operation,
      inputs: rename(operation.inputs),
      outputs: rename(operation.outputs),
    })),
    inputs: rename(graph.inputs),
    outputs: rename(graph.outputs),
  };
}
