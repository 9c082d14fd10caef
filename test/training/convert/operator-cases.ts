// Random models of one operator, or of the few that a pass joins: what the property tests convert.
import * as tf from "@tensorflow/tfjs-layers";
import fc from "fast-check";
import { fillRandomly } from "./random-weights.ts";

const { layers } = tf;
type Node = tf.SymbolicTensor;

export interface OperatorCase {
  readonly config: unknown;
  /** Without their batch. */
  readonly inputShapes: readonly (readonly number[])[];
  readonly build: (inputs: readonly Node[]) => Node | readonly Node[];
}

const int = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(int(min, max), int(min, max));
/** XNNPACK's kernels take channels by 4, 8 and 16 at a time. */
const channels = fc.oneof({ weight: 4, arbitrary: int(1, 9) }, fc.constantFrom(15, 16, 17, 24));
const picture = fc.tuple(int(2, 11), int(2, 11), channels);
const padding = fc.constantFrom("same" as const, "valid" as const);
const apply = (layer: unknown, inputs: Node | readonly Node[]): Node =>
  (layer as { apply(inputs: Node | readonly Node[]): Node }).apply(inputs);

/** Names that TensorFlow.js spells, of activations that are converted. */
const activation = fc.constantFrom(
  "linear",
  "relu",
  "relu6",
  "sigmoid",
  "tanh",
  "elu",
  "softmax",
  "hardSigmoid",
  "swish",
);
type ActivationName = "linear";

/** One input: records its configuration for the report of a failure. */
function single<T extends { readonly shape: readonly number[] }>(
  config: fc.Arbitrary<T>,
  build: (input: Node, config: T) => Node,
): fc.Arbitrary<OperatorCase> {
  return config.map((values) => ({
    config: values,
    inputShapes: [values.shape],
    build: ([input]) => build(input!, values),
  }));
}

const fits = ({
  shape: [height, width],
  kernelSize,
  dilationRate = [1, 1],
  padding,
}: {
  shape: readonly number[];
  kernelSize: readonly [number, number];
  dilationRate?: readonly [number, number];
  padding: string;
}): boolean =>
  padding === "same" ||
  ((kernelSize[0] - 1) * dilationRate[0] < height! && (kernelSize[1] - 1) * dilationRate[1] < width!);

/** TensorFlow.js refuses strides and dilations together. */
const stridesOrDilations = fc.oneof(
  fc.record({ strides: pair(1, 3), dilationRate: fc.constant<[number, number]>([1, 1]) }),
  fc.record({ strides: fc.constant<[number, number]>([1, 1]), dilationRate: pair(1, 3) }),
);

const window = { shape: picture, kernelSize: pair(1, 4), padding, useBias: fc.boolean(), activation };

const conv2d = single(
  fc
    .tuple(fc.record({ ...window, filters: channels }), stridesOrDilations)
    .map(([a, b]) => ({ ...a, ...b }))
    .filter(fits),
  (input, { shape: _shape, ...config }) =>
    apply(layers.conv2d({ ...config, activation: config.activation as ActivationName }), input),
);

const depthwiseConv2d = single(
  fc.record({ ...window, strides: pair(1, 3), depthMultiplier: int(1, 3) }).filter(fits),
  (input, { shape: _shape, ...config }) =>
    apply(layers.depthwiseConv2d({ ...config, activation: config.activation as ActivationName }), input),
);

const conv2dTranspose = single(
  fc.record({ ...window, strides: pair(1, 3), filters: channels }),
  (input, { shape: _shape, ...config }) =>
    apply(layers.conv2dTranspose({ ...config, activation: config.activation as ActivationName }), input),
);

const sparseConv2dTranspose = single(
  fc.record({ shape: fc.constant([2, 2, 8]), kernelSize: pair(1, 2), useBias: fc.boolean() }),
  (input, { kernelSize, useBias }) =>
    apply(layers.conv2dTranspose({ kernelSize, useBias, filters: 24, padding: "same", strides: [1, 3] }), input),
);

const separableConv2d = single(
  fc
    .tuple(fc.record({ ...window, filters: channels, depthMultiplier: int(1, 3) }), stridesOrDilations)
    .map(([a, b]) => ({ ...a, ...b }))
    .filter(fits),
  (input, { shape: _shape, ...config }) =>
    apply(layers.separableConv2d({ ...config, activation: config.activation as ActivationName }), input),
);

const dense = single(
  fc.record({
    shape: fc.array(int(1, 7), { minLength: 1, maxLength: 3 }),
    units: channels,
    useBias: fc.boolean(),
    activation,
  }),
  (input, { shape: _shape, ...config }) =>
    apply(layers.dense({ ...config, activation: config.activation as ActivationName }), input),
);

const pooling = single(
  fc
    .record({
      shape: picture,
      kernelSize: pair(1, 4),
      strides: pair(1, 3),
      padding,
      kind: fc.constantFrom("max", "average"),
    })
    .filter(fits),
  (input, { kind, kernelSize, strides, padding }) => {
    const config = { poolSize: kernelSize, strides, padding };
    return apply(kind === "max" ? layers.maxPooling2d(config) : layers.averagePooling2d(config), input);
  },
);

const globalPooling = single(
  fc.record({ shape: picture, kind: fc.constantFrom("max", "average") }),
  (input, { kind }) => apply(kind === "max" ? layers.globalMaxPooling2d({}) : layers.globalAveragePooling2d({}), input),
);

/** Some of these margins equal SAME and merge, some do not. */
const paddedConvolution = single(
  fc
    .record({
      shape: picture,
      margins: fc.tuple(pair(0, 2), pair(0, 2)),
      kernelSize: pair(1, 3),
      strides: pair(1, 2),
      depthwise: fc.boolean(),
    })
    .filter(
      ({ shape: [height, width], margins: [vertical, horizontal], kernelSize }) =>
        height! + vertical[0] + vertical[1] >= kernelSize[0] && width! + horizontal[0] + horizontal[1] >= kernelSize[1],
    ),
  (input, { margins, kernelSize, strides, depthwise }) => {
    const padded = apply(layers.zeroPadding2d({ padding: margins as never }), input);
    return apply(
      depthwise ? layers.depthwiseConv2d({ kernelSize, strides }) : layers.conv2d({ kernelSize, strides, filters: 3 }),
      padded,
    );
  },
);

const convolutions = ["conv2d", "depthwise", "transposed", "separable", "dense", "pooling"] as const;

/** Convolution, batch norm and activation: the first two fold, and all three merge. */
const normalizedConvolution = single(
  fc.record({
    shape: picture,
    kind: fc.constantFrom(...convolutions),
    useBias: fc.boolean(),
    inner: fc.constantFrom("linear", "relu"),
    scale: fc.boolean(),
    center: fc.boolean(),
    maxValue: fc.constantFrom(null, 6, 4.5),
  }),
  (input, { kind, useBias, inner, scale, center, maxValue }) => {
    const config = { useBias, activation: inner as ActivationName, padding: "same" as const, kernelSize: 2 };
    const layer = {
      conv2d: () => layers.conv2d({ ...config, filters: 4 }),
      depthwise: () => layers.depthwiseConv2d({ ...config, depthMultiplier: 2 }),
      transposed: () => layers.conv2dTranspose({ ...config, filters: 4, strides: 2 }),
      separable: () => layers.separableConv2d({ ...config, filters: 4 }),
      dense: () => layers.dense({ units: 4, useBias }),
      pooling: () => layers.maxPooling2d({ poolSize: 2 }),
    }[kind];
    const normalized = apply(layers.batchNormalization({ scale, center }), apply(layer(), input));
    return apply(maxValue === null ? layers.reLU() : layers.reLU({ maxValue }), normalized);
  },
);

const batchNormalization = single(
  fc.record({ shape: fc.array(int(1, 6), { minLength: 1, maxLength: 3 }), epsilon: fc.constantFrom(1e-3, 1e-5) }),
  (input, { epsilon }) => apply(layers.batchNormalization({ axis: -1, epsilon }), input),
);

const standaloneActivation = single(
  fc.record({
    shape: fc.array(int(1, 6), { minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom("named", "reLU", "leakyReLU", "prelu", "elu", "softmax"),
    activation,
    maxValue: fc.constantFrom(null, 6, 0.5),
    alpha: fc.constantFrom(0.1, 0.3),
  }),
  (input, { shape, kind, activation, maxValue, alpha }) => {
    const layer = {
      named: () => layers.activation({ activation: activation as ActivationName }),
      reLU: () => (maxValue === null ? layers.reLU() : layers.reLU({ maxValue })),
      leakyReLU: () => layers.leakyReLU({ alpha }),
      prelu: () => layers.prelu(shape.length === 3 ? { sharedAxes: [1, 2] } : {}),
      elu: () => layers.elu(),
      softmax: () => layers.softmax({ axis: -1 }),
    }[kind as "named"];
    return apply(layer(), input);
  },
);

/** Inputs of one shape, or of shapes that are broadcast, as a squeeze-and-excite gate is. */
const merging: fc.Arbitrary<OperatorCase> = fc
  .record({
    shape: picture,
    kind: fc.constantFrom("add", "multiply", "average", "minimum", "maximum"),
    count: int(2, 3),
    gate: fc.constantFrom("full", "channels", "vector"),
  })
  .map((config) => {
    const [height, width, channels] = config.shape;
    const last = { full: [height, width, channels], channels: [1, 1, channels], vector: [1, channels] }[
      config.gate as "full"
    ];
    const inputShapes = Array.from({ length: config.count }, (_, i) => (i === config.count - 1 ? last : config.shape));
    return { config, inputShapes, build: (inputs) => apply(layers[config.kind as "add"](), inputs) };
  });

const concatenating: fc.Arbitrary<OperatorCase> = fc
  .record({
    shape: picture,
    axis: fc.constantFrom(-1, 1, 2, 3),
    sizes: fc.array(int(1, 5), { minLength: 2, maxLength: 4 }),
  })
  .map((config) => {
    const place = (config.axis === -1 ? 3 : config.axis) - 1;
    const inputShapes = config.sizes.map((size) => config.shape.with(place, size));
    return { config, inputShapes, build: (inputs) => apply(layers.concatenate({ axis: config.axis }), inputs) };
  });

const reshaping = single(
  fc.record({
    shape: picture,
    kind: fc.constantFrom("flatten", "reshape", "permute"),
    order: fc.constantFrom([1, 2, 3], [2, 1, 3], [3, 1, 2]),
  }),
  (input, { shape: [height, width, channels], kind, order }) => {
    const layer = {
      flatten: () => layers.flatten(),
      reshape: () => layers.reshape({ targetShape: [height * channels, width] }),
      permute: () => layers.permute({ dims: [...order] }),
    }[kind as "flatten"];
    return apply(layer(), input);
  },
);

const margins = (size: number) => pair(0, Math.floor((size - 1) / 2));
const resizing = single(
  picture.chain(([height, width, channels]) =>
    fc.record({
      shape: fc.constant([height, width, channels] as const),
      kind: fc.constantFrom("nearest", "bilinear", "pad", "crop"),
      size: pair(1, 4),
      margins: fc.tuple(margins(height), margins(width)),
    }),
  ),
  (input, { kind, size, margins }) => {
    if (kind === "pad") return apply(layers.zeroPadding2d({ padding: margins as never }), input);
    if (kind === "crop") return apply(layers.cropping2D({ cropping: margins }), input);
    return apply(layers.upSampling2d({ size, interpolation: kind as "nearest" }), input);
  },
);

const rescaling = single(
  fc.record({ shape: picture, scale: fc.constantFrom(1, 1 / 127.5, -2), offset: fc.constantFrom(0, -1, 0.5) }),
  (input, { scale, offset }) => apply(layers.rescaling({ scale, offset }), input),
);

const training = single(
  fc.record({ shape: picture, kind: fc.constantFrom("dropout", "gaussianNoise", "gaussianDropout", "alphaDropout") }),
  (input, { kind }) => {
    const layer =
      kind === "gaussianNoise" ? layers.gaussianNoise({ stddev: 1 }) : layers[kind as "dropout"]({ rate: 0.5 });
    return apply(layer, input);
  },
);

/** The model of a case, with weights from the seed. */
export function buildCase({ inputShapes, build }: OperatorCase, seed: number): tf.LayersModel {
  const inputs = inputShapes.map((shape) => tf.input({ shape: [...shape] }));
  const model = tf.model({ inputs, outputs: build(inputs) as Node });
  fillRandomly(model, seed);
  return model;
}

export const operatorCases: Readonly<Record<string, fc.Arbitrary<OperatorCase>>> = {
  conv2d,
  depthwiseConv2d,
  conv2dTranspose,
  sparseConv2dTranspose,
  separableConv2d,
  dense,
  pooling,
  globalPooling,
  paddedConvolution,
  normalizedConvolution,
  batchNormalization,
  standaloneActivation,
  merging,
  concatenating,
  reshaping,
  resizing,
  rescaling,
  training,
};
