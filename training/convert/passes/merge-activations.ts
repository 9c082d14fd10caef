// Merges RELU and RELU6 into the operation before them, where that operation can carry one.
import type { Graph, Operation, OperationKind } from "../graph.ts";
import { findOnlyProducer, findUses } from "./tensor-uses.ts";

/** CONCATENATION has the field too, and its kernel refuses it. */
const carriers: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "ADD",
  "AVERAGE_POOL_2D",
  "CONV_2D",
  "DEPTHWISE_CONV_2D",
  "FULLY_CONNECTED",
  "MAX_POOL_2D",
  "MUL",
  "SUB",
]);

export function mergeActivations(graph: Graph): Graph {
  const operations: (Operation | null)[] = [...graph.operations];
  const uses = findUses(graph);
  const producer = new Map(uses.producer);
  for (const [index, operation] of graph.operations.entries()) {
    if (operation.kind !== "RELU" && operation.kind !== "RELU6") continue;
    const before = findOnlyProducer(operations, { producer, reads: uses.reads }, operation.inputs[0]!);
    if (before === null || !canCarry(before.operation)) continue;
    operations[before.index] = {
      ...before.operation,
      options: { ...before.operation.options, activation: operation.kind },
      outputs: operation.outputs,
    } as Operation;
    operations[index] = null;
    producer.set(operation.outputs[0]!, before.index);
  }
  return { ...graph, operations: operations.filter((operation) => operation !== null) };
}

function canCarry({ kind, options }: Operation): boolean {
  return carriers.has(kind) && "activation" in options && options.activation === "NONE";
}
