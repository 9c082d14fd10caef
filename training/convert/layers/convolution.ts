// Convolutions: plain, depthwise, transposed and separable.
import { plain } from "../graph-builder.ts";
import { applyActivation } from "./activation.ts";
import type { LayerCall, LayerConverter, LayerWeight } from "./layer-call.ts";

/** Kernels lie as [height, width, input, output] in TensorFlow.js and as [output, height, width, input] here. */
function outputFirst({ shape, values }: LayerWeight): LayerWeight {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const moved = new Float32Array(values.length);
  const area = height * width * inputs;
  for (let from = 0, position = 0; position < area; position++) {
    for (let output = 0; output < outputs; output++) moved[output * area + position] = values[from++]!;
  }
  return { shape: [outputs, height, width, inputs], values: moved };
}

/** Transposed kernels lie as [height, width, output, input], and go to the same order. */
function transposedOutputFirst({ shape, values }: LayerWeight): LayerWeight {
  const [height, width, outputs, inputs] = shape as [number, number, number, number];
  const moved = new Float32Array(values.length);
  for (let position = 0; position < height * width; position++) {
    for (let output = 0; output < outputs; output++) {
      const from = (position * outputs + output) * inputs;
      moved.set(values.subarray(from, from + inputs), (output * height * width + position) * inputs);
    }
  }
  return { shape: [outputs, height, width, inputs], values: moved };
}

/** Depthwise kernels lie as [height, width, input, multiplier], which in memory is [1, height, width, output]. */
function depthwiseKernel({ shape, values }: LayerWeight): LayerWeight {
  const [height, width, inputs, multiplier] = shape as [number, number, number, number];
  return { shape: [1, height, width, inputs * multiplier], values: values.slice() };
}

function strides(call: LayerCall) {
  const [strideH, strideW] = call.pair("strides");
  return { padding: call.padding(), strideH, strideW };
}

function dilations(call: LayerCall) {
  const [dilationH, dilationW] = call.pair("dilationRate");
  return { dilationH, dilationW };
}

const convertConv2D: LayerConverter = (call) => {
  call.requireChannelsLast();
  const kernel = call.constant("kernel", () => outputFirst(call.requireWeight("kernel")));
  const inputs = [call.input, kernel, call.bias(call.shape[3]!)];
  const options = { ...strides(call), ...dilations(call), ...plain };
  return applyActivation(call, call.graph.emit("CONV_2D", options, inputs, call.name, call.shape));
};

const convertDepthwiseConv2D: LayerConverter = (call) => {
  call.requireChannelsLast();
  const dilation = dilations(call);
  if (dilation.dilationH !== 1 || dilation.dilationW !== 1) {
    return call.refuse("has a dilation rate, which TensorFlow.js does not apply in this layer");
  }
  const kernel = call.constant("kernel", () => depthwiseKernel(call.requireWeight("depthwise_kernel")));
  const channels = call.shape[3]!;
  const options = { ...strides(call), ...dilation, ...plain, depthMultiplier: channels / call.inputShape[3]! };
  const inputs = [call.input, kernel, call.bias(channels)];
  return applyActivation(call, call.graph.emit("DEPTHWISE_CONV_2D", options, inputs, call.name, call.shape));
};

const convertConv2DTranspose: LayerConverter = (call) => {
  call.requireChannelsLast();
  const kernel = call.constant("kernel", () => transposedOutputFirst(call.requireWeight("kernel")));
  const shape = call.graph.integers(`${call.name}/output_shape`, call.shape);
  const inputs = [shape, kernel, call.input, call.bias(call.shape[3]!)];
  return applyActivation(call, call.graph.emit("TRANSPOSE_CONV", strides(call), inputs, call.name, call.shape));
};

const unitStride = { padding: "VALID", strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 } as const;

const convertSeparableConv2D: LayerConverter = (call) => {
  call.requireChannelsLast();
  const { graph, name, shape } = call;
  const depthwise = call.requireWeight("depthwise_kernel");
  const channels = depthwise.shape[2]! * depthwise.shape[3]!;
  const kernel = call.constant("depthwise_kernel", () => depthwiseKernel(depthwise));
  const zeros = call.constant("depthwise_bias", () => ({ shape: [channels], values: new Float32Array(channels) }));
  const spread = graph.emit(
    "DEPTHWISE_CONV_2D",
    { ...strides(call), ...dilations(call), ...plain, depthMultiplier: depthwise.shape[3]! },
    [call.input, kernel, zeros],
    `${name}/depthwise`,
    [...shape.slice(0, 3), channels],
  );
  const pointwise = call.constant("pointwise_kernel", () => outputFirst(call.requireWeight("pointwise_kernel")));
  const inputs = [spread, pointwise, call.bias(shape[3]!)];
  return applyActivation(call, graph.emit("CONV_2D", { ...unitStride, ...plain }, inputs, name, shape));
};

export const convolutionLayers: Readonly<Record<string, LayerConverter>> = {
  Conv2D: convertConv2D,
  DepthwiseConv2D: convertDepthwiseConv2D,
  Conv2DTranspose: convertConv2DTranspose,
  SeparableConv2D: convertSeparableConv2D,
};
