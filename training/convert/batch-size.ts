// Gives a graph another batch size: models made elsewhere come with the batch that they were trained or tested with.
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Graph, GraphTensor, Operation } from "./graph.ts";
import { findFault } from "./graph.ts";

/** The batch size of a graph: the first dimension of its inputs. Throws INPUT_INVALID where they differ. */
export function batchSizeOf({ tensors, inputs }: Graph): number {
  const sizes = [...new Set(inputs.map((input) => tensors[input]!.shape[0]))];
  const [size] = sizes;
  if (size !== undefined && sizes.length === 1) return size;
  throw refusal(`inputs of the batch sizes ${sizes.join(", ")}`);
}

/**
 * The same graph for `batchSize` inputs at once.
 *
 * Every tensor that depends on an input has its batch first, alone or multiplied with what follows, as a reshape to
 * rows leaves it; what would mix the batch with other dimensions is refused.
 *
 * @throws FacelatchError INPUT_INVALID naming the operation
 */
export function setBatchSize(graph: Graph, batchSize: number): Graph {
  const before = batchSizeOf(graph);
  if (before === batchSize) return graph;
  const rewriter = new BatchRewriter(graph, before, batchSize);
  const operations = graph.operations.map((operation) => rewriter.rewrite(operation));
  const rewritten = { ...graph, tensors: rewriter.tensors, operations };
  const fault = findFault(rewritten);
  if (fault !== null) throw refusal(fault);
  return rewritten;
}

function refusal(found: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: "a model whose every operation keeps the pictures of a batch apart",
    found,
    next: "Export the model again with the batch size that you want.",
  });
}

class BatchRewriter {
  readonly tensors: GraphTensor[];
  readonly #before: number;
  readonly #after: number;
  /** Tensors that carry the batch. */
  readonly #carries: Set<number>;

  constructor(graph: Graph, before: number, after: number) {
    this.tensors = [...graph.tensors];
    this.#before = before;
    this.#after = after;
    this.#carries = new Set(graph.inputs);
    for (const input of graph.inputs) this.#resize(input, "the input");
  }

  rewrite(operation: Operation): Operation {
    const { kind, inputs, outputs } = operation;
    if (!inputs.some((input) => this.#carries.has(input))) return operation;
    this.#refuseMixing(operation);
    for (const output of outputs) {
      this.#carries.add(output);
      this.#resize(output, kind);
    }
    const shape = this.tensors[outputs[0]!]!.shape;
    switch (kind) {
      case "RESHAPE":
        return {
          ...operation,
          options: { newShape: shape },
          inputs: inputs.length > 1 ? [inputs[0]!, this.#withShape(inputs[1]!, shape)] : inputs,
        } as Operation;
      case "TRANSPOSE_CONV":
        return { ...operation, inputs: [this.#withShape(inputs[0]!, shape), ...inputs.slice(1)] };
      case "SLICE":
        return { ...operation, inputs: [inputs[0]!, inputs[1]!, this.#withShape(inputs[2]!, shape)] };
      default:
        return operation;
    }
  }

  #resize(index: number, place: string): void {
    const tensor = this.tensors[index]!;
    const [first, ...rest] = tensor.shape;
    if (first === undefined || first % this.#before !== 0) {
      throw refusal(`${place} with the result ${tensor.name} of shape [${tensor.shape.join(", ")}]`);
    }
    this.tensors[index] = { ...tensor, shape: [(first / this.#before) * this.#after, ...rest] };
  }

  /** A copy of a constant list of integers: other operations may read the first. */
  #withShape(index: number, shape: readonly number[]): number {
    const tensor = this.tensors[index]!;
    if (tensor.data === null) throw refusal(`a shape that is computed, ${tensor.name}`);
    return (
      this.tensors.push({
        ...tensor,
        name: `${tensor.name}/rebatched_${this.tensors.length}`,
        data: Int32Array.from(shape),
      }) - 1
    );
  }

  #refuseMixing(operation: Operation): void {
    const { kind, inputs, outputs } = operation;
    const values = (place: number) => [...(this.tensors[inputs[place] ?? -1]?.data ?? [])];
    const rank = this.tensors[outputs[0]!]!.shape.length;
    const mixes = (() => {
      switch (operation.kind) {
        case "CONCATENATION":
          return (operation.options.axis + rank) % rank === 0;
        case "MEAN":
          return values(1).some((axis) => axis === 0 || axis === -this.tensors[inputs[0]!]!.shape.length);
        case "TRANSPOSE":
          return values(1)[0] !== 0;
        case "PAD":
          return values(1)
            .slice(0, 2)
            .some((margin) => margin !== 0);
        case "SLICE":
          return values(1)[0] !== 0;
        default:
          return false;
      }
    })();
    if (mixes) throw refusal(`${kind} across the batch, with the result ${this.tensors[outputs[0]!]!.name}`);
    if (!/^(ADD|SUB|MUL|MINIMUM|MAXIMUM|PRELU)$/.test(kind)) return;
    for (const input of inputs) {
      const { shape, name } = this.tensors[input]!;
      if (!this.#carries.has(input) && shape.length === rank && shape[0] !== 1) {
        throw refusal(`${kind} with ${name}, which holds values for each picture of the batch`);
      }
    }
  }
}
