// Layers that combine their inputs, or scale their one input, value by value.
import { plain } from "../graph-builder.ts";
import type { LayerCall, LayerConverter } from "./layer-call.ts";

/** Inputs of lower rank get dimensions of 1 after their batch, as TensorFlow.js does. */
function equalRanks(call: LayerCall): readonly number[] {
  const { graph, inputs, name } = call;
  const rank = Math.max(...inputs.map((input) => graph.shapeOf(input).length));
  return inputs.map((input, index) => {
    const [batch, ...rest] = graph.shapeOf(input);
    const missing = rank - 1 - rest.length;
    if (missing === 0) return input;
    return graph.emitReshape(
      input,
      [batch!, ...new Array<number>(missing).fill(1), ...rest],
      `${name}/operand_${index}`,
    );
  });
}

const combine =
  (kind: "ADD" | "SUB" | "MUL" | "MINIMUM" | "MAXIMUM"): LayerConverter =>
  (call) =>
    equalRanks(call).reduce((left, right) => call.graph.emitPair(kind, left, right, call.name));

const convertAverage: LayerConverter = (call) => {
  const sum = combine("ADD")(call);
  const share = call.constant("share", () => ({ shape: [1], values: Float32Array.of(1 / call.inputs.length) }));
  return call.graph.emitPair("MUL", sum, share, `${call.name}/average`);
};

const convertConcatenate: LayerConverter = (call) => {
  const rank = call.shape.length;
  const axis = call.number("axis");
  const options = { axis: axis < 0 ? axis + rank : axis, ...plain };
  return call.graph.emit("CONCATENATION", options, call.inputs, call.name, call.shape);
};

/** scale * x + offset; what changes nothing is left out. */
const convertRescaling: LayerConverter = (call) => {
  const { graph, name } = call;
  const scalar = (key: string) => call.constant(key, () => ({ shape: [1], values: Float32Array.of(call.number(key)) }));
  const scaled = call.number("scale") === 1 ? call.input : graph.emitPair("MUL", call.input, scalar("scale"), name);
  if (call.number("offset") === 0) return scaled;
  return graph.emitPair("ADD", scaled, scalar("offset"), `${name}/shifted`);
};

/**
 * Batch normalization as it is after training: one multiplication and one addition by channel, which a pass folds into
 * the convolution before it where there is one. TensorFlow.js itself is wrong about any axis but the last.
 */
const convertBatchNormalization: LayerConverter = (call) => {
  const { graph, name } = call;
  const axis = call.number("axis");
  if (axis !== -1 && axis !== call.inputShape.length - 1) return call.refuse(`has the setting axis: ${axis}`);
  const mean = call.requireWeight("moving_mean").values;
  const variance = call.requireWeight("moving_variance").values;
  const gamma = call.weight("gamma")?.values;
  const beta = call.weight("beta")?.values;
  const epsilon = call.number("epsilon");
  const shape = [mean.length];
  const factor = (channel: number) => (gamma?.[channel] ?? 1) / Math.sqrt(variance[channel]! + epsilon);
  const scale = call.constant("scale", () => ({ shape, values: mean.map((_, channel) => factor(channel)) }));
  const offset = call.constant("offset", () => ({
    shape,
    values: mean.map((value, channel) => (beta?.[channel] ?? 0) - value * factor(channel)),
  }));
  return graph.emitPair("ADD", graph.emitPair("MUL", call.input, scale, `${name}/scaled`), offset, name);
};

export const elementwiseLayers: Readonly<Record<string, LayerConverter>> = {
  Add: combine("ADD"),
  Subtract: combine("SUB"),
  Multiply: combine("MUL"),
  Minimum: combine("MINIMUM"),
  Maximum: combine("MAXIMUM"),
  Average: convertAverage,
  Concatenate: convertConcatenate,
  Rescaling: convertRescaling,
  BatchNormalization: convertBatchNormalization,
};
