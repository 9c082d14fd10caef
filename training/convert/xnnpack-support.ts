// Which operations XNNPACK takes, and why it leaves the others to the slower kernels.
// Source: measured with the XNNPACK of TensorFlow Lite 2.9, whose reports test/training/convert compares with this table.
import type { Graph, GraphTensor, Operation, OperationKind } from "./graph.ts";
import { dataInput } from "./tflite-schema.ts";

/** No kernel, whatever the types. */
const withoutKernel: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "CONCATENATION",
  "RESIZE_NEAREST_NEIGHBOR",
  "SLICE",
  "TANH",
  "TRANSPOSE",
]);

/** A kernel for float32 alone. */
const floatOnly: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "ABS",
  "AVERAGE_POOL_2D",
  "HARD_SWISH",
  "LEAKY_RELU",
  "MAXIMUM",
  "MINIMUM",
  "PRELU",
  "RELU",
  "RELU6",
  "RESHAPE",
  "SOFTMAX",
]);

const weighted: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "CONV_2D",
  "DEPTHWISE_CONV_2D",
  "FULLY_CONNECTED",
  "TRANSPOSE_CONV",
]);

/** Why XNNPACK leaves an operation; null where it takes it. */
export function whyNotXnnpack(operation: Operation, graph: Graph): string | null {
  const { kind, inputs, outputs } = operation;
  const tensorAt = (place: number): GraphTensor | undefined => graph.tensors[inputs[place] ?? -1];
  const input = tensorAt(dataInput(kind))!;
  const output = graph.tensors[outputs[0]!]!;
  if (withoutKernel.has(kind)) return `XNNPACK has no ${kind}`;
  if (kind === "QUANTIZE") {
    return input.type === "float32"
      ? null
      : `it rescales ${input.type} to ${output.type}, and only float32 is quantized`;
  }
  if (kind === "DEQUANTIZE") return whyNotWidened(operation, graph);
  if (input.type !== output.type) return `it turns ${input.type} into ${output.type}`;
  if (input.type === "int32" || input.type === "float16") return `values of ${input.type}`;
  if (input.type !== "float32" && floatOnly.has(kind)) return `XNNPACK has ${kind} for float32 alone`;
  if ("activation" in operation.options && /TANH|SIGN_BIT/.test(operation.options.activation)) {
    return `the activation ${operation.options.activation}`;
  }
  if (weighted.has(kind)) return whyNotWeighted(operation, input, tensorAt(1)!, graph);
  return whyNotOptions(operation, tensorAt);
}

function whyNotWeighted(operation: Operation, input: GraphTensor, kernel: GraphTensor, graph: Graph): string | null {
  const { kind, inputs } = operation;
  if (kernel.data === null && !isWidened(inputs[1]!, graph)) return "a kernel that is computed";
  if (input.type === "float32" && kernel.type === "int8") return "an int8 kernel that float32 values meet";
  const bias = inputs[kind === "TRANSPOSE_CONV" ? 3 : 2] ?? -1;
  if (kind !== "FULLY_CONNECTED" && kind !== "TRANSPOSE_CONV" && bias === -1) return "no bias";
  if (operation.kind !== "TRANSPOSE_CONV") return null;
  if ((kernel.quantization?.scales.length ?? 1) > 1) return "a scale for each output channel";
  const [, filterH, filterW] = kernel.shape as [number, number, number, number];
  const { padding, strideH, strideW } = operation.options;
  const isSparse = padding === "SAME" && (strideH > filterH || strideW > filterW);
  return isSparse ? "strides larger than the kernel" : null;
}

/** A float16 constant that is widened when the file is loaded. */
function isWidened(tensor: number, graph: Graph): boolean {
  const producer = graph.operations.find(({ outputs }) => outputs[0] === tensor);
  return producer !== undefined && widensConstant(producer, graph);
}

function widensConstant({ kind, inputs }: Operation, { tensors }: Graph): boolean {
  const input = tensors[inputs[0]!]!;
  return kind === "DEQUANTIZE" && input.type === "float16" && input.data !== null;
}

/** XNNPACK widens a constant only for an operation that it takes. */
function whyNotWidened(operation: Operation, graph: Graph): string | null {
  if (!widensConstant(operation, graph)) return null;
  const readers = graph.operations.filter(({ inputs }) => inputs.includes(operation.outputs[0]!));
  if (readers.some((reader) => whyNotXnnpack(reader, graph) === null)) return null;
  return "no operation that XNNPACK takes reads the widened constant";
}

function whyNotOptions(operation: Operation, tensorAt: (place: number) => GraphTensor | undefined): string | null {
  switch (operation.kind) {
    case "AVERAGE_POOL_2D":
    case "MAX_POOL_2D": {
      const { filterH, filterW, strideH, strideW } = operation.options;
      return strideH > filterH || strideW > filterW ? "strides larger than the window" : null;
    }
    case "MEAN": {
      const axes = [...(tensorAt(1)?.data ?? [])].sort().join();
      if (axes !== "1,2") return `a mean over the dimensions ${axes}`;
      return operation.options.keepDims ? null : "a mean that drops its dimensions";
    }
    case "SOFTMAX":
      return operation.options.beta === 1 ? null : `beta ${operation.options.beta}`;
    case "PAD":
      return tensorAt(1)?.data?.some((margin) => margin < 0) ? "negative margins" : null;
    case "PRELU":
      return tensorAt(1)
        ?.shape.slice(0, -1)
        .some((size) => size !== 1)
        ? "a slope that varies by place"
        : null;
    case "RESIZE_BILINEAR":
      return tensorAt(1)?.data === null ? "a size that is computed" : null;
    default:
      return null;
  }
}
