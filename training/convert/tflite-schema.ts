// Numbers of the .tflite format: codes, slots, defaults and versions of what this converter reads and writes.
// Source: tensorflow/lite/schema/schema.fbs and tensorflow/lite/tools/versioning/op_version.cc of TensorFlow 2.9.
import type {
  FusedActivation,
  Graph,
  Operation,
  OperationKind,
  OperationOptions,
  Padding,
  TensorType,
} from "./graph.ts";

export const fileIdentifier = "TFL3";
export const schemaVersion = 3;
/** The runtime maps constants where they lie in the file. */
export const bufferAlignmentBytes = 16;

export const modelSlots = {
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
  metadata: 6,
  count: 7,
} as const;
export const metadataEntrySlots = { name: 0, buffer: 1, count: 2 } as const;
/** Codes above 126 do not fit the first field, which older runtimes read. */
export const operatorCodeSlots = { deprecatedCode: 0, customCode: 1, version: 2, code: 3, count: 4 } as const;
export const deprecatedCodeMax = 127;
export const subgraphSlots = { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4, count: 5 } as const;
export const tensorSlots = {
  shape: 0,
  type: 1,
  buffer: 2,
  name: 3,
  quantization: 4,
  isVariable: 5,
  sparsity: 6,
  count: 7,
} as const;
export const quantizationSlots = { scale: 2, zeroPoint: 3, detailsType: 4, axis: 6, count: 7 } as const;
export const operatorSlots = { codeIndex: 0, inputs: 1, outputs: 2, optionsType: 3, options: 4, count: 5 } as const;
export const bufferSlots = { data: 0, count: 1 } as const;

export const tensorTypeCodes: Readonly<Record<TensorType, number>> = {
  float32: 0,
  float16: 1,
  int32: 2,
  uint8: 3,
  int8: 9,
};

/** By code. */
export const paddings: readonly Padding[] = ["SAME", "VALID"];
export const activations: readonly FusedActivation[] = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"];

/** A field of an operation's options table; the default is the value of a field that the file leaves out. */
export type Field =
  | { readonly slot: number; readonly type: "padding"; readonly default: Padding }
  | { readonly slot: number; readonly type: "activation"; readonly default: FusedActivation }
  | { readonly slot: number; readonly type: "bool"; readonly default: boolean }
  | { readonly slot: number; readonly type: "int32"; readonly default: number; readonly min: number }
  | { readonly slot: number; readonly type: "float32"; readonly default: number }
  | { readonly slot: number; readonly type: "int32s"; readonly default: readonly number[] };

export interface OperationSchema<Options> {
  readonly code: number;
  /** The member of the union of options tables; 0 where the operation has none. */
  readonly optionsType: number;
  readonly fields: { readonly [Name in keyof Options]: Field };
  readonly inputsMin: number;
  readonly inputsMax: number;
}

const padding = (slot: number): Field => ({ slot, type: "padding", default: "SAME" });
const activation = (slot: number): Field => ({ slot, type: "activation", default: "NONE" });
const bool = (slot: number): Field => ({ slot, type: "bool", default: false });
const size = (slot: number, byDefault = 0): Field => ({ slot, type: "int32", default: byDefault, min: 1 });
const axis = (slot: number): Field => ({ slot, type: "int32", default: 0, min: -8 });

const strides = { padding: padding(0), strideW: size(1), strideH: size(2) };
const pool = { ...strides, filterW: size(3), filterH: size(4), activation: activation(5) };
const resize = (alignCorners: number) => ({
  alignCorners: bool(alignCorners),
  halfPixelCenters: bool(alignCorners + 1),
});

function schema<Fields>(
  code: number,
  optionsType: number,
  [inputsMin, inputsMax]: readonly [number, number],
  fields: Fields,
) {
  return { code, optionsType, inputsMin, inputsMax, fields };
}

const concatenatedMax = 1024;

export const operationSchemas: { readonly [K in OperationKind]: OperationSchema<OperationOptions[K]> } = {
  ABS: schema(101, 78, [1, 1], {}),
  ADD: schema(0, 11, [2, 2], { activation: activation(0) }),
  AVERAGE_POOL_2D: schema(1, 5, [1, 1], pool),
  CONCATENATION: schema(2, 10, [1, concatenatedMax], { axis: axis(0), activation: activation(1) }),
  CONV_2D: schema(3, 1, [2, 3], {
    ...strides,
    activation: activation(3),
    dilationW: size(4, 1),
    dilationH: size(5, 1),
  }),
  DEPTHWISE_CONV_2D: schema(4, 2, [2, 3], {
    ...strides,
    depthMultiplier: { slot: 3, type: "int32", default: 0, min: 0 },
    activation: activation(4),
    dilationW: size(5, 1),
    dilationH: size(6, 1),
  }),
  DEQUANTIZE: schema(6, 38, [1, 1], {}),
  ELU: schema(111, 0, [1, 1], {}),
  FULLY_CONNECTED: schema(9, 8, [2, 3], { activation: activation(0), keepNumDims: bool(2) }),
  HARD_SWISH: schema(117, 91, [1, 1], {}),
  LEAKY_RELU: schema(98, 75, [1, 1], { alpha: { slot: 0, type: "float32", default: 0 } }),
  LOGISTIC: schema(14, 0, [1, 1], {}),
  MAXIMUM: schema(55, 39, [2, 2], {}),
  MAX_POOL_2D: schema(17, 5, [1, 1], pool),
  MEAN: schema(40, 27, [2, 2], { keepDims: bool(0) }),
  MINIMUM: schema(57, 39, [2, 2], {}),
  MUL: schema(18, 21, [2, 2], { activation: activation(0) }),
  PAD: schema(34, 22, [2, 2], {}),
  PRELU: schema(54, 0, [2, 2], {}),
  QUANTIZE: schema(114, 89, [1, 1], {}),
  RELU: schema(19, 0, [1, 1], {}),
  RELU6: schema(21, 0, [1, 1], {}),
  RESHAPE: schema(22, 17, [1, 2], { newShape: { slot: 0, type: "int32s", default: [] } }),
  RESIZE_BILINEAR: schema(23, 15, [2, 2], resize(2)),
  RESIZE_NEAREST_NEIGHBOR: schema(97, 74, [2, 2], resize(0)),
  SLICE: schema(65, 48, [3, 3], {}),
  SOFTMAX: schema(25, 9, [1, 1], { beta: { slot: 0, type: "float32", default: 0 } }),
  SUB: schema(41, 28, [2, 2], { activation: activation(0) }),
  TANH: schema(28, 0, [1, 1], {}),
  TRANSPOSE: schema(39, 26, [2, 2], {}),
  TRANSPOSE_CONV: schema(67, 49, [3, 4], strides),
};

export const operationKinds = Object.keys(operationSchemas) as readonly OperationKind[];

/** Where its activations lie among the inputs: TRANSPOSE_CONV names the output's shape first. */
export function dataInput(kind: OperationKind): number {
  return kind === "TRANSPOSE_CONV" ? 2 : 0;
}

/** Int8 raises the version of these from 1 to 2. */
const int8VersionTwo: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "ABS",
  "ADD",
  "AVERAGE_POOL_2D",
  "CONCATENATION",
  "DEQUANTIZE",
  "LOGISTIC",
  "MAXIMUM",
  "MAX_POOL_2D",
  "MEAN",
  "MINIMUM",
  "PAD",
  "RELU",
  "RELU6",
  "RESIZE_BILINEAR",
  "RESIZE_NEAREST_NEIGHBOR",
  "SLICE",
  "SOFTMAX",
  "SUB",
  "TANH",
  "TRANSPOSE",
]);

/** The lowest version of the operation that knows these types and options. */
export function operationVersion(operation: Operation, graph: Graph): number {
  const { kind, inputs } = operation;
  const typeOf = (input: number) => graph.tensors[inputs[input] ?? -1]?.type;
  const isInt8 = typeOf(dataInput(kind)) === "int8";
  const isHybrid = typeOf(0) === "float32" && typeOf(1) === "int8";
  const isPerChannel = (graph.tensors[inputs[1] ?? -1]?.quantization?.scales.length ?? 1) > 1;
  switch (operation.kind) {
    case "CONV_2D":
      if (isHybrid) return isPerChannel ? 5 : 2;
      return isInt8 ? 3 : 1;
    case "DEPTHWISE_CONV_2D":
      if (isHybrid) return isPerChannel ? 6 : 4;
      if (isInt8) return 3;
      return operation.options.dilationH > 1 || operation.options.dilationW > 1 ? 2 : 1;
    case "FULLY_CONNECTED":
      if (inputs.length === 2) return 6;
      if (operation.options.keepNumDims) return 5;
      if (isHybrid) return 3;
      return isInt8 ? 4 : 1;
    case "TRANSPOSE_CONV":
      if (inputs.length === 4) return 3;
      return isInt8 ? 2 : 1;
    case "MUL":
      return isInt8 ? mulVersion(operation, graph) : 1;
    case "RESIZE_BILINEAR":
      return operation.options.halfPixelCenters ? 3 : isInt8 ? 2 : 1;
    case "RESIZE_NEAREST_NEIGHBOR":
      return operation.options.halfPixelCenters || operation.options.alignCorners ? 3 : isInt8 ? 2 : 1;
    case "DEQUANTIZE":
      return typeOf(0) === "float16" ? 3 : isInt8 ? 2 : 1;
    default:
      return isInt8 && int8VersionTwo.has(kind) ? 2 : 1;
  }
}

/** Version 3 is the first whose int8 multiplication may rescale by 1 or more. */
function mulVersion({ inputs, outputs }: Operation, { tensors }: Graph): number {
  const scaleOf = (tensor: number | undefined) => tensors[tensor ?? -1]?.quantization?.scales[0] ?? 0;
  return scaleOf(inputs[0]) * scaleOf(inputs[1]) >= scaleOf(outputs[0]) ? 3 : 2;
}
