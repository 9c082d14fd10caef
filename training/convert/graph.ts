// The graph between layers and the .tflite file: tensors, and operations with typed options.

export type TensorType = "float32" | "float16" | "int32" | "uint8" | "int8";

/** A tensor's values in row-major order; float16 as its bits. */
export type TensorData = Float32Array | Uint16Array | Int32Array | Uint8Array | Int8Array;

/** real = scale * (stored - zeroPoint), by tensor (one scale) or by slice along `axis` (one scale a slice). */
export interface Quantization {
  readonly scales: Float32Array;
  /** As many as scales. */
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

export interface GraphTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  /** The values of a constant; null for what is computed or fed. */
  readonly data: TensorData | null;
  readonly quantization: Quantization | null;
}

export type Padding = "SAME" | "VALID";
export type FusedActivation = "NONE" | "RELU" | "RELU_N1_TO_1" | "RELU6" | "TANH" | "SIGN_BIT";

interface Activated {
  readonly activation: FusedActivation;
}

interface Strided {
  readonly padding: Padding;
  readonly strideH: number;
  readonly strideW: number;
}

interface Dilated {
  readonly dilationH: number;
  readonly dilationW: number;
}

interface Pooled extends Strided, Activated {
  readonly filterH: number;
  readonly filterW: number;
}

interface Resized {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

type NoOptions = Readonly<Record<never, never>>;

/** The options of each operation; names and meanings are TensorFlow Lite's, activations are NHWC, kernels OHWI. */
export interface OperationOptions {
  ABS: NoOptions;
  ADD: Activated;
  AVERAGE_POOL_2D: Pooled;
  CONCATENATION: Activated & { readonly axis: number };
  CONV_2D: Strided & Dilated & Activated;
  DEPTHWISE_CONV_2D: Strided & Dilated & Activated & { readonly depthMultiplier: number };
  DEQUANTIZE: NoOptions;
  ELU: NoOptions;
  FULLY_CONNECTED: Activated & { readonly keepNumDims: boolean };
  HARD_SWISH: NoOptions;
  LEAKY_RELU: { readonly alpha: number };
  LOGISTIC: NoOptions;
  MAXIMUM: NoOptions;
  MAX_POOL_2D: Pooled;
  MEAN: { readonly keepDims: boolean };
  MINIMUM: NoOptions;
  MUL: Activated;
  PAD: NoOptions;
  PRELU: NoOptions;
  QUANTIZE: NoOptions;
  RELU: NoOptions;
  RELU6: NoOptions;
  RESHAPE: { readonly newShape: readonly number[] };
  RESIZE_BILINEAR: Resized;
  RESIZE_NEAREST_NEIGHBOR: Resized;
  SLICE: NoOptions;
  SOFTMAX: { readonly beta: number };
  SUB: Activated;
  TANH: NoOptions;
  TRANSPOSE: NoOptions;
  TRANSPOSE_CONV: Strided;
}

export type OperationKind = keyof OperationOptions;

export interface OperationOf<K extends OperationKind> {
  readonly kind: K;
  readonly options: OperationOptions[K];
  /** Indices into the graph's tensors; -1 stands for an optional input that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export type Operation = { [K in OperationKind]: OperationOf<K> }[OperationKind];

export interface Graph {
  readonly description: string;
  readonly tensors: readonly GraphTensor[];
  /** In the order of execution. */
  readonly operations: readonly Operation[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export const bytesPerValue: Readonly<Record<TensorType, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  int8: 1,
};

/** The number of values of a shape; 1 for a scalar. */
export function countValues(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The first fault of a graph, in words; null for a graph that can be executed in order.
 *
 * Checked before a graph is written and again after one is read.
 */
export function findFault(graph: Graph): string | null {
  for (const [index, tensor] of graph.tensors.entries()) {
    const fault = findTensorFault(tensor);
    if (fault !== null) return `tensor ${index} (${tensor.name}) ${fault}`;
  }
  const isTensor = (index: number) => graph.tensors[index] !== undefined;
  if (!graph.inputs.every(isTensor)) return `the inputs ${graph.inputs.join(", ")} name an absent tensor`;
  const known = new Set([
    ...graph.inputs,
    ...graph.tensors.flatMap(({ data }, index) => (data === null ? [] : [index])),
  ]);
  for (const [index, { kind, inputs, outputs }] of graph.operations.entries()) {
    const place = `operation ${index} (${kind})`;
    if (!inputs.every((tensor) => tensor === -1 || known.has(tensor)))
      return `${place} reads ${inputs.join(", ")} too early`;
    if (!outputs.every((tensor) => isTensor(tensor) && !known.has(tensor)))
      return `${place} cannot write ${outputs.join(", ")}`;
    for (const output of outputs) known.add(output);
  }
  return graph.outputs.every((tensor) => known.has(tensor))
    ? null
    : `the outputs ${graph.outputs.join(", ")} are not all computed`;
}

function findTensorFault({ shape, type, data, quantization }: GraphTensor): string | null {
  if (!shape.every((size) => Number.isSafeInteger(size) && size > 0)) return `has the shape [${shape.join(", ")}]`;
  const values = countValues(shape);
  if (data !== null && data.byteLength !== values * bytesPerValue[type]) {
    return `holds ${data.byteLength} bytes, not ${values} values of ${type}`;
  }
  if (quantization === null) return null;
  const { scales, zeroPoints, axis } = quantization;
  if (scales.length !== zeroPoints.length) return `has ${scales.length} scales and ${zeroPoints.length} zero points`;
  if (scales.length !== 1 && scales.length !== shape[axis]) return `has ${scales.length} scales along axis ${axis}`;
  return scales.every((scale) => scale > 0 && Number.isFinite(scale)) ? null : "has a scale that is not positive";
}
