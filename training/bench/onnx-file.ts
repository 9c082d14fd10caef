// Writes a float32 graph as ONNX, for the benchmark alone: the same network for another runtime.
// Source: onnx.proto of ONNX 1.8 (operator set 13) and the wire format of protocol buffers.
import type { FusedActivation, Graph, GraphTensor, Operation } from "../convert/graph.ts";

const [varintType, bytesType, floatType] = [0, 2, 5] as const;
const [attributeFloat, attributeInt, attributeInts] = [1, 2, 7] as const;
const [elementFloat, elementInt64] = [1, 7] as const;
const operatorSet = 13;

class Message {
  readonly #parts: Uint8Array[] = [];

  #varint(value: number): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    this.#parts.push(Uint8Array.from([...bytes, Number(rest)]));
  }

  int(field: number, value: number): this {
    this.#varint(field * 8 + varintType);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + floatType);
    this.#parts.push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array | string | Message): this {
    const bytes = value instanceof Message ? value.finish() : typeof value === "string" ? Buffer.from(value) : value;
    this.#varint(field * 8 + bytesType);
    this.#varint(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

function attribute(name: string, value: Attributes[string]): Message {
  const message = new Message().bytes(1, name);
  if (typeof value === "number") return message.int(3, value).int(20, attributeInt);
  if ("float" in value) return message.float(2, value.float).int(20, attributeFloat);
  for (const item of value) message.int(8, item);
  return message.int(20, attributeInts);
}

/** Pictures are channels-first in ONNX: where they were [n, h, w, c] they are [n, c, h, w] here. */
function turned([n, h, w, c]: readonly number[]): number[] {
  return [n!, c!, h!, w!];
}

/**
 * The graph as ONNX; its inputs and outputs keep their shapes, with transpositions at the ends.
 *
 * @returns null where the graph holds an operation that this exporter does not know
 */
export function writeOnnx(graph: Graph): Uint8Array | null {
  const exporter = new OnnxExporter(graph);
  try {
    for (const operation of graph.operations) exporter.add(operation);
    return exporter.finish();
  } catch (error) {
    if (error instanceof UnknownOperation) return null;
    throw error;
  }
}

class UnknownOperation extends Error {}

class OnnxExporter {
  readonly #graph: Graph;
  readonly #body = new Message();
  #count = 0;
  /** The name of each tensor's value; pictures are turned. */
  readonly #values = new Map<number, string>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const input of graph.inputs) {
      this.#body.bytes(11, this.#valueInfo(`input_${input}`, this.#tensor(input).shape));
      const isPicture = this.#tensor(input).shape.length === 4;
      this.#values.set(input, isPicture ? this.#transpose(`input_${input}`, [0, 3, 1, 2]) : `input_${input}`);
    }
  }

  #tensor(index: number): GraphTensor {
    return this.#graph.tensors[index]!;
  }

  #valueInfo(name: string, shape: readonly number[]): Message {
    const dims = new Message();
    for (const size of shape) dims.bytes(1, new Message().int(1, size));
    const type = new Message().bytes(1, new Message().int(1, elementFloat).bytes(2, dims));
    return new Message().bytes(1, name).bytes(2, type);
  }

  #constant(data: Float32Array | readonly number[], shape: readonly number[]): string {
    const name = `constant_${this.#count++}`;
    const isFloat = data instanceof Float32Array;
    const message = new Message();
    for (const size of shape) message.int(1, size);
    const raw = isFloat ? data.slice().buffer : BigInt64Array.from(data, BigInt).buffer;
    message
      .int(2, isFloat ? elementFloat : elementInt64)
      .bytes(8, name)
      .bytes(9, new Uint8Array(raw));
    this.#body.bytes(5, message);
    return name;
  }

  #node(kind: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `value_${this.#count++}`;
    const node = new Message();
    for (const input of inputs) node.bytes(1, input);
    node.bytes(2, output).bytes(4, kind);
    for (const [name, value] of Object.entries(attributes)) node.bytes(5, attribute(name, value));
    this.#body.bytes(1, node);
    return output;
  }

  #transpose(value: string, perm: readonly number[]): string {
    return this.#node("Transpose", [value], { perm });
  }

  #activated(value: string, activation: FusedActivation | "NONE"): string {
    if (activation === "RELU") return this.#node("Relu", [value]);
    if (activation === "RELU6") {
      return this.#node("Clip", [
        value,
        this.#constant(Float32Array.of(0), []),
        this.#constant(Float32Array.of(6), []),
      ]);
    }
    if (activation === "NONE") return value;
    throw new UnknownOperation(activation);
  }

  /** A computed value, or a constant by channel, which is turned as pictures are. */
  #value(index: number): string {
    const known = this.#values.get(index);
    if (known !== undefined) return known;
    const { data, shape } = this.#tensor(index);
    if (!(data instanceof Float32Array)) throw new UnknownOperation("a constant of integers");
    return this.#constant(data, shape.length === 1 && shape[0]! > 1 ? [shape[0]!, 1, 1] : shape);
  }

  #pads(operation: Operation, filter: readonly [number, number], dilation: readonly [number, number]): number[] {
    if (!("padding" in operation.options) || operation.options.padding === "VALID") return [0, 0, 0, 0];
    const [, heightPx, widthPx] = this.#tensor(operation.inputs[0]!).shape;
    const { strideH, strideW } = operation.options;
    const total = (size: number, filterPx: number, stride: number, spread: number) =>
      Math.max(0, (Math.ceil(size / stride) - 1) * stride + (filterPx - 1) * spread + 1 - size);
    const height = total(heightPx!, filter[0], strideH, dilation[0]);
    const width = total(widthPx!, filter[1], strideW, dilation[1]);
    const [top, left] = [Math.floor(height / 2), Math.floor(width / 2)];
    return [top, left, height - top, width - left];
  }

  #convolution(operation: Extract<Operation, { kind: "CONV_2D" | "DEPTHWISE_CONV_2D" }>): string {
    const { inputs, options } = operation;
    const kernel = this.#tensor(inputs[1]!);
    const isDepthwise = operation.kind === "DEPTHWISE_CONV_2D";
    // [o, h, w, i], or [1, h, w, o] with one input channel for each output.
    const [first, height, width, last] = kernel.shape as [number, number, number, number];
    const [outputs, groupInputs] = isDepthwise ? [last, 1] : [first, last];
    const values = kernel.data;
    if (!(values instanceof Float32Array)) throw new UnknownOperation("a kernel that is no float32");
    const turnedKernel = new Float32Array(values.length);
    for (let output = 0, to = 0; output < outputs; output++) {
      for (let input = 0; input < groupInputs; input++) {
        for (let place = 0; place < height * width; place++, to++) {
          turnedKernel[to] = isDepthwise
            ? values[place * outputs + output]!
            : values[(output * height * width + place) * groupInputs + input]!;
        }
      }
    }
    const bias = this.#tensor(inputs[2]!).data as Float32Array;
    return this.#node(
      "Conv",
      [
        this.#value(inputs[0]!),
        this.#constant(turnedKernel, [outputs, groupInputs, height, width]),
        this.#constant(bias, [outputs]),
      ],
      {
        kernel_shape: [height, width],
        strides: [options.strideH, options.strideW],
        dilations: [options.dilationH, options.dilationW],
        pads: this.#pads(operation, [height, width], [options.dilationH, options.dilationW]),
        group: isDepthwise ? this.#tensor(inputs[0]!).shape[3]! : 1,
      },
    );
  }

  #reshape(input: number, shape: readonly number[]): string {
    const from = this.#tensor(input).shape;
    const isVector = from.length === 4 && from[1] === 1 && from[2] === 1;
    const flat =
      from.length === 4 && !isVector ? this.#transpose(this.#value(input), [0, 2, 3, 1]) : this.#value(input);
    const reshaped = this.#node("Reshape", [flat, this.#constant([...shape], [shape.length])]);
    return shape.length === 4 ? this.#transpose(reshaped, [0, 3, 1, 2]) : reshaped;
  }

  add(operation: Operation): void {
    const activation = "activation" in operation.options ? operation.options.activation : "NONE";
    this.#values.set(operation.outputs[0]!, this.#activated(this.#compute(operation), activation));
  }

  #compute(operation: Operation): string {
    const { inputs } = operation;
    const values = () => inputs.map((input) => this.#value(input));
    switch (operation.kind) {
      case "CONV_2D":
      case "DEPTHWISE_CONV_2D":
        return this.#convolution(operation);
      case "ADD":
        return this.#node("Add", values());
      case "MUL":
        return this.#node("Mul", values());
      case "RELU":
        return this.#node("Relu", values());
      case "LOGISTIC":
        return this.#node("Sigmoid", values());
      case "SOFTMAX":
        return this.#node("Softmax", values(), { axis: -1 });
      case "MAX_POOL_2D": {
        const { filterH, filterW, strideH, strideW } = operation.options;
        const pads = this.#pads(operation, [filterH, filterW], [1, 1]);
        return this.#node("MaxPool", values(), { kernel_shape: [filterH, filterW], strides: [strideH, strideW], pads });
      }
      case "MEAN":
        return this.#node("GlobalAveragePool", [this.#value(inputs[0]!)]);
      case "PAD": {
        const margins = [...(this.#tensor(inputs[1]!).data ?? [])];
        const side = (end: number) => turned([0, 1, 2, 3].map((dimension) => margins[2 * dimension + end]!));
        return this.#node("Pad", [this.#value(inputs[0]!), this.#constant([...side(0), ...side(1)], [8])]);
      }
      case "CONCATENATION": {
        const rank = this.#tensor(operation.outputs[0]!).shape.length;
        const { axis } = operation.options;
        return this.#node("Concat", values(), { axis: rank === 4 ? [0, 2, 3, 1][axis]! : axis });
      }
      case "RESHAPE":
        return this.#reshape(inputs[0]!, this.#tensor(operation.outputs[0]!).shape);
      case "FULLY_CONNECTED": {
        const [kernel, bias] = [this.#tensor(inputs[1]!), this.#tensor(inputs[2]!)];
        const weights = this.#constant(kernel.data as Float32Array, kernel.shape);
        return this.#node(
          "Gemm",
          [this.#value(inputs[0]!), weights, this.#constant(bias.data as Float32Array, bias.shape)],
          {
            transB: 1,
          },
        );
      }
      default:
        throw new UnknownOperation(operation.kind);
    }
  }

  finish(): Uint8Array {
    for (const output of this.#graph.outputs) {
      const { shape } = this.#tensor(output);
      const value = this.#value(output);
      const name = shape.length === 4 ? this.#transpose(value, [0, 2, 3, 1]) : this.#node("Identity", [value]);
      this.#body.bytes(12, this.#valueInfo(name, shape));
    }
    this.#body.bytes(2, "facelatch");
    const operators = new Message().bytes(1, "").int(2, operatorSet);
    return new Message().int(1, 7).bytes(2, "facelatch").bytes(7, this.#body).bytes(8, operators).finish();
  }
}
