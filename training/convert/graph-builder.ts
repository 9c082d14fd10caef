// Grows a graph: every tensor gets a name of its own, every operation the shape of its result.
import {
  countValues,
  type FusedActivation,
  type Graph,
  type GraphTensor,
  type Operation,
  type OperationKind,
  type OperationOptions,
} from "./graph.ts";

/** What the operations that carry an activation start with; a pass merges activations later. */
export const plain: { readonly activation: FusedActivation } = { activation: "NONE" };

/** The shape of an elementwise operation; its dimensions are aligned from the last. */
function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1));
}

export class GraphBuilder {
  readonly #tensors: GraphTensor[] = [];
  readonly #operations: Operation[] = [];
  readonly #names = new Set<string>();

  shapeOf(tensor: number): readonly number[] {
    return this.#tensors[tensor]!.shape;
  }

  input(name: string, shape: readonly number[]): number {
    return this.#add(name, { shape, type: "float32", data: null, quantization: null });
  }

  constant(name: string, shape: readonly number[], data: Float32Array): number {
    return this.#add(name, { shape, type: "float32", data, quantization: null });
  }

  /** A list of integers, or rows of them. */
  integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): number {
    return this.#add(name, { shape, type: "int32", data: Int32Array.from(values), quantization: null });
  }

  /** Appends an operation with one result of the given shape, and returns that tensor. */
  emit<K extends OperationKind>(
    kind: K,
    options: OperationOptions[K],
    inputs: readonly number[],
    name: string,
    shape: readonly number[],
  ): number {
    const output = this.#add(name, { shape, type: "float32", data: null, quantization: null });
    this.#operations.push({ kind, options, inputs, outputs: [output] } as Operation);
    return output;
  }

  /** Appends an operation whose result has the shape of its first input. */
  emitSameShape<K extends OperationKind>(
    kind: K,
    options: OperationOptions[K],
    inputs: readonly number[],
    name: string,
  ): number {
    return this.emit(kind, options, inputs, name, this.shapeOf(inputs[0]!));
  }

  /** Appends an elementwise operation of two tensors, which may be broadcast. */
  emitPair(kind: "ADD" | "SUB" | "MUL" | "MINIMUM" | "MAXIMUM", a: number, b: number, name: string): number {
    const options = kind === "MINIMUM" || kind === "MAXIMUM" ? {} : plain;
    return this.emit(kind, options, [a, b], name, broadcastShapes(this.shapeOf(a), this.shapeOf(b)));
  }

  emitReshape(tensor: number, shape: readonly number[], name: string): number {
    const target = this.integers(`${name}/shape`, shape);
    return this.emit("RESHAPE", { newShape: shape }, [tensor, target], name, shape);
  }

  finish(description: string, inputs: readonly number[], results: readonly number[]): Graph {
    const outputs = results.map((result, index) => {
      return this.#ownOutput(result, results.indexOf(result) < index || inputs.includes(result));
    });
    return { description, tensors: [...this.#tensors], operations: [...this.#operations], inputs, outputs };
  }

  /** The runtime gives every output memory of its own: an input or an earlier output is copied. */
  #ownOutput(output: number, taken: boolean): number {
    return taken ? this.emitReshape(output, this.shapeOf(output), `${this.#tensors[output]!.name}/copy`) : output;
  }

  #add(name: string, tensor: Omit<GraphTensor, "name">): number {
    if (tensor.data !== null && tensor.data.length !== countValues(tensor.shape)) {
      throw new RangeError(`${name}: ${tensor.data.length} values do not fill [${tensor.shape.join(", ")}]`);
    }
    let unique = name;
    for (let count = 1; this.#names.has(unique); count++) unique = `${name}_${count}`;
    this.#names.add(unique);
    return this.#tensors.push({ name: unique, ...tensor }) - 1;
  }
}
