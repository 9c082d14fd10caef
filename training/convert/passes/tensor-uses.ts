// Who makes and who reads each tensor of a graph: what every pass asks first.
import type { Graph, Operation } from "../graph.ts";

export interface TensorUses {
  /** The position of the operation that computes the tensor; undefined for inputs and constants. */
  readonly producer: ReadonlyMap<number, number>;
  /** How many operations and outputs read the tensor. */
  readonly reads: ReadonlyMap<number, number>;
}

export function findUses({ operations, outputs }: Graph): TensorUses {
  const producer = new Map<number, number>();
  const reads = new Map<number, number>();
  const read = (tensor: number) => reads.set(tensor, (reads.get(tensor) ?? 0) + 1);
  for (const [index, operation] of operations.entries()) {
    for (const output of operation.outputs) producer.set(output, index);
    operation.inputs.forEach(read);
  }
  outputs.forEach(read);
  return { producer, reads };
}

/** The operation that alone feeds this input, where nothing else reads the tensor between them. */
export function findOnlyProducer(
  operations: readonly (Operation | null)[],
  uses: TensorUses,
  tensor: number,
): { readonly index: number; readonly operation: Operation } | null {
  const index = uses.producer.get(tensor);
  if (index === undefined || uses.reads.get(tensor) !== 1) return null;
  const operation = operations[index];
  return operation === null || operation === undefined ? null : { index, operation };
}
