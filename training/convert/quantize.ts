// Full int8: activations by measured ranges, kernels by channel, for runtimes that compute in integers alone.
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Graph, GraphTensor, Operation, OperationKind, Quantization } from "./graph.ts";
import { dropDead } from "./passes/drop-dead.ts";
import { findUses, type TensorUses } from "./passes/tensor-uses.ts";
import {
  asymmetric,
  byTensor,
  type Range,
  rangeOf,
  storeInt8,
  storeInt32,
  storeSymmetric,
  symmetricScales,
  uniteRanges,
} from "./quantization.ts";
import { dataInput } from "./tflite-schema.ts";

export interface QuantizeOptions {
  /** What the file takes and gives: float32 values, converted inside, or int8 as stored. */
  readonly io: "float32" | "int8";
}

/** The kernel's axis with a scale for each output; fully connected layers have one scale for all. */
export const kernelAxis: Partial<Record<OperationKind, number | null>> = {
  CONV_2D: 0,
  DEPTHWISE_CONV_2D: 3,
  TRANSPOSE_CONV: 0,
  FULLY_CONNECTED: null,
};

/** The runtime demands these. */
const fixedResults: Partial<Record<OperationKind, Quantization>> = {
  SOFTMAX: byTensor(1 / 256, -128),
  LOGISTIC: byTensor(1 / 256, -128),
  TANH: byTensor(1 / 128, 0),
};

/** These move values without rescaling them. */
const keepsScale: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "AVERAGE_POOL_2D",
  "MAX_POOL_2D",
  "PAD",
  "RESHAPE",
  "RESIZE_BILINEAR",
  "RESIZE_NEAREST_NEIGHBOR",
  "SLICE",
  "TRANSPOSE",
]);

/** These want all inputs in the scale of their result. */
const joinsScales: ReadonlySet<OperationKind> = new Set<OperationKind>(["CONCATENATION", "MAXIMUM", "MINIMUM"]);

/** Biases stay below 2^30, so that the sum of products has the other half of an int32. */
const biasMax = 2 ** 30;
/** XNNPACK refuses to load a graph that rescales by 256 or more, */
const rescaleMax = 128;
/** a term of a sum to less than 2^-10, */
const termScaleMin = 2 ** -9;
/** or a product of two tensors to less than 2^-16. */
const productScaleMin = 2 ** -15;

/**
 * The int8 graph of a float32 graph.
 *
 * @param ranges by tensor name, for every input and every computed tensor; see calibrate.ts
 * @throws FacelatchError INPUT_INVALID where a range is missing
 */
export function quantizeInt8(graph: Graph, ranges: ReadonlyMap<string, Range>, { io }: QuantizeOptions): Graph {
  const quantizer = new Int8Quantizer(graph, ranges);
  for (const input of graph.inputs) quantizer.quantizeInput(input);
  for (const operation of graph.operations) quantizer.quantizeOperation(operation);
  const quantized = quantizer.finish();
  return dropDead(io === "int8" ? quantized : withFloatEnds(quantized, graph));
}

class Int8Quantizer {
  readonly #graph: Graph;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #uses: TensorUses;
  /** Ranges that a joining operation widens. */
  readonly #joined: ReadonlyMap<number, Range>;
  readonly #tensors: GraphTensor[];
  readonly #operations: Operation[] = [];

  constructor(graph: Graph, ranges: ReadonlyMap<string, Range>) {
    this.#graph = graph;
    this.#ranges = ranges;
    this.#uses = findUses(graph);
    this.#tensors = [...graph.tensors];
    this.#joined = this.#joinRanges();
  }

  finish(): Graph {
    return { ...this.#graph, tensors: this.#tensors, operations: this.#operations };
  }

  /** A tensor that only a joining operation reads is computed in the joined range at once. */
  #joinRanges(): Map<number, Range> {
    const joined = new Map<number, Range>();
    for (const { kind, inputs, outputs } of this.#graph.operations) {
      if (!joinsScales.has(kind)) continue;
      const range = uniteRanges([...inputs, ...outputs].map((tensor) => this.#measuredRange(tensor)));
      for (const input of inputs) if (this.#uses.reads.get(input) === 1) joined.set(input, range);
      joined.set(outputs[0]!, range);
    }
    return joined;
  }

  #measuredRange(index: number): Range {
    const { name, data } = this.#graph.tensors[index]!;
    const range = data instanceof Float32Array ? rangeOf(data) : this.#ranges.get(name);
    if (range !== undefined && range.min <= range.max && Number.isFinite(range.max - range.min)) return range;
    throw new FacelatchError("INPUT_INVALID", {
      expected: `a range for the tensor ${name}`,
      found: range === undefined ? "none" : `${range.min} to ${range.max}`,
      next: "Calibrate the same graph that is quantized.",
    });
  }

  #rangeOf(index: number): Range {
    return this.#joined.get(index) ?? this.#measuredRange(index);
  }

  #quantizationOf(index: number): Quantization {
    return this.#tensors[index]!.quantization!;
  }

  #settle(index: number, quantization: Quantization): void {
    this.#tensors[index] = { ...this.#tensors[index]!, type: "int8", quantization };
  }

  #append(tensor: GraphTensor): number {
    return this.#tensors.push(tensor) - 1;
  }

  quantizeInput(index: number): void {
    this.#settle(index, asymmetric(this.#rangeOf(index)));
  }

  quantizeOperation(operation: Operation): void {
    const { kind, outputs, inputs } = operation;
    const output = outputs[0]!;
    if (kernelAxis[kind] !== undefined) {
      this.#operations.push(this.#quantizeWeighted(operation));
    } else if (kind === "ADD" || kind === "SUB") {
      this.#operations.push(this.#quantizeSum(operation));
    } else if (kind === "MUL") {
      this.#operations.push(this.#quantizeProduct(operation));
    } else if (joinsScales.has(kind)) {
      this.#settle(output, asymmetric(this.#rangeOf(output)));
      const quantization = this.#quantizationOf(output);
      this.#operations.push({
        ...operation,
        inputs: inputs.map((input) => this.#rescale(input, output, quantization)),
      });
    } else {
      const kept = keepsScale.has(kind) ? this.#quantizationOf(inputs[dataInput(kind)]!) : null;
      this.#settle(output, fixedResults[kind] ?? kept ?? asymmetric(this.#rangeOf(output)));
      this.#operations.push({ ...operation, inputs: inputs.map((input) => this.#store(input)) });
    }
  }

  /** A term whose scale is far below the sum's is stored again in a coarser one, in which it is as good as zero. */
  #quantizeSum(operation: Operation): Operation {
    const output = operation.outputs[0]!;
    const terms = operation.inputs.map((input) => this.#store(input));
    const scales = terms.map((term) => this.#quantizationOf(term).scales[0]!);
    this.#settle(output, asymmetric(this.#rangeOf(output), Math.max(...scales) / rescaleMax));
    const scaleMin = this.#quantizationOf(output).scales[0]! * termScaleMin;
    const inputs = terms.map((term, i) => {
      if (scales[i]! >= scaleMin) return term;
      const input = operation.inputs[i]!;
      return this.#rescale(input, output, asymmetric(this.#rangeOf(input), scaleMin));
    });
    return { ...operation, inputs };
  }

  #quantizeProduct(operation: Operation): Operation {
    const output = operation.outputs[0]!;
    const inputs = operation.inputs.map((input) => this.#store(input));
    const product = inputs.reduce((scale, input) => scale * this.#quantizationOf(input).scales[0]!, 1);
    const range = this.#rangeOf(output);
    const wanted = asymmetric(range, product / rescaleMax);
    // Only a product of next to nothing has a scale so far above its factors'; any scale holds it.
    const isDead = wanted.scales[0]! * productScaleMin > product;
    this.#settle(output, isDead ? byTensor(product / productScaleMin, wanted.zeroPoints[0]!) : wanted);
    return { ...operation, inputs };
  }

  /** What the operation reads: the tensor itself, or a float constant stored in a scale of its own. */
  #store(index: number): number {
    const { data } = this.#graph.tensors[index]!;
    return data instanceof Float32Array ? this.#storeAs(index, asymmetric(rangeOf(data))) : index;
  }

  #storeAs(index: number, quantization: Quantization): number {
    const tensor = this.#graph.tensors[index]!;
    const data = storeInt8(tensor.data as Float32Array, quantization);
    return this.#append({ ...tensor, type: "int8", data, quantization });
  }

  /** The tensor in another scale, for the operation that computes `output`. */
  #rescale(input: number, output: number, to: Quantization): number {
    if (this.#graph.tensors[input]!.data !== null) return this.#storeAs(input, to);
    const from = this.#quantizationOf(input);
    if (from.scales[0] === to.scales[0] && from.zeroPoints[0] === to.zeroPoints[0]) return input;
    const tensor = this.#tensors[input]!;
    const name = `${tensor.name}/rescaled_for_${this.#tensors[output]!.name}`;
    const rescaled = this.#append({ ...tensor, name, quantization: to });
    this.#operations.push({ kind: "QUANTIZE", options: {}, inputs: [input], outputs: [rescaled] });
    return rescaled;
  }

  #quantizeWeighted(operation: Operation): Operation {
    const { kind, inputs, outputs } = operation;
    const axis = kernelAxis[kind] ?? null;
    const biasPlace = kind === "TRANSPOSE_CONV" ? 3 : 2;
    const kernel = this.#graph.tensors[inputs[1]!]!;
    const bias = this.#graph.tensors[inputs[biasPlace] ?? -1];
    const values = kernel.data as Float32Array;
    const biases = (bias?.data ?? new Float32Array(0)) as Float32Array;
    const inputScale = this.#quantizationOf(inputs[dataInput(kind)]!).scales[0]!;
    const biasLimit = axis === null ? biases.reduce((max, value) => Math.max(max, Math.abs(value)), 0) : null;
    // Channels that are almost dead would have biases that no int32 holds.
    const scaleMin = (channel: number) => (biasLimit ?? Math.abs(biases[channel] ?? 0)) / (inputScale * biasMax);
    const scales = symmetricScales(values, kernel.shape, axis, scaleMin);
    const quantization = { scales, zeroPoints: [...scales.map(() => 0)], axis: axis ?? 0 };
    const data = storeSymmetric(values, kernel.shape, quantization);
    const quantized = [...inputs];
    quantized[1] = this.#append({ ...kernel, type: "int8", data, quantization });
    const products = scales.map((scale) => scale * inputScale);
    if (bias !== undefined) {
      quantized[biasPlace] = this.#append({
        ...bias,
        type: "int32",
        data: storeInt32(biases, (channel) => products[axis === null ? 0 : channel]!),
        quantization: { scales: products, zeroPoints: [...products.map(() => 0)], axis: 0 },
      });
    }
    this.#settle(outputs[0]!, asymmetric(this.#rangeOf(outputs[0]!), Math.max(...products) / rescaleMax));
    return { ...operation, inputs: quantized };
  }
}

/** Float32 inputs and outputs around an int8 graph; they keep the names. */
function withFloatEnds(quantized: Graph, { inputs, outputs, tensors: float }: Graph): Graph {
  const tensors = [...quantized.tensors];
  const outside = (index: number): number => {
    tensors[index] = { ...tensors[index]!, name: `${tensors[index]!.name}/int8` };
    return tensors.push({ ...float[index]!, data: null }) - 1;
  };
  const before = inputs.map((input): Operation => {
    return { kind: "QUANTIZE", options: {}, inputs: [outside(input)], outputs: [input] };
  });
  const after = outputs.map((output): Operation => {
    return { kind: "DEQUANTIZE", options: {}, inputs: [output], outputs: [outside(output)] };
  });
  return {
    ...quantized,
    tensors,
    operations: [...before, ...quantized.operations, ...after],
    inputs: before.map((operation) => operation.inputs[0]!),
    outputs: after.map((operation) => operation.outputs[0]!),
  };
}
