// Activations: by name at the end of another layer, and as layers of their own.
import type { LayerCall, LayerConverter } from "./layer-call.ts";

type ApplyActivation = (call: LayerCall, tensor: number) => number;

const unary = (kind: "RELU" | "RELU6" | "LOGISTIC" | "TANH" | "ELU"): ApplyActivation => {
  return ({ graph, name }, tensor) => graph.emitSameShape(kind, {}, [tensor], `${name}/${kind.toLowerCase()}`);
};

const scalar = (value: number) => () => ({ shape: [1], values: Float32Array.of(value) });

const softmax: ApplyActivation = ({ graph, name }, tensor) =>
  graph.emitSameShape("SOFTMAX", { beta: 1 }, [tensor], `${name}/softmax`);

/** clip(x / 5 + 1 / 2, 0, 1), which is relu6(1.2 x + 3) / 6. */
const hardSigmoid: ApplyActivation = (call, tensor) => {
  const { graph, name } = call;
  const scaled = graph.emitPair("MUL", tensor, call.constant("slope", scalar(1.2)), `${name}/scaled`);
  const shifted = graph.emitPair("ADD", scaled, call.constant("shift", scalar(3)), `${name}/shifted`);
  const clipped = graph.emitSameShape("RELU6", {}, [shifted], `${name}/clipped`);
  return graph.emitPair("MUL", clipped, call.constant("sixth", scalar(1 / 6)), `${name}/hard_sigmoid`);
};

const swish: ApplyActivation = ({ graph, name }, tensor) => {
  const gate = graph.emitSameShape("LOGISTIC", {}, [tensor], `${name}/gate`);
  return graph.emitPair("MUL", tensor, gate, `${name}/swish`);
};

const byName: ReadonlyMap<unknown, ApplyActivation> = new Map<unknown, ApplyActivation>([
  ["linear", (_call, tensor) => tensor],
  ["relu", unary("RELU")],
  ["relu6", unary("RELU6")],
  ["sigmoid", unary("LOGISTIC")],
  ["tanh", unary("TANH")],
  ["elu", unary("ELU")],
  ["softmax", softmax],
  ["hardSigmoid", hardSigmoid],
  ["swish", swish],
]);

/** Applies the layer's configured activation to a tensor. */
export const applyActivation: ApplyActivation = (call, tensor) => {
  const configured = call.setting("activation") ?? "linear";
  const apply = byName.get(configured);
  if (apply === undefined) return call.refuse(`has the activation ${JSON.stringify(configured)}`);
  return apply(call, tensor);
};

const convertReLU: LayerConverter = (call) => {
  const { graph, name } = call;
  const limit = call.setting("maxValue");
  if (limit === 6) return unary("RELU6")(call, call.input);
  const positive = unary("RELU")(call, call.input);
  if (limit === null) return positive;
  return graph.emitPair(
    "MINIMUM",
    positive,
    call.constant("limit", scalar(call.number("maxValue"))),
    `${name}/limited`,
  );
};

const convertLeakyReLU: LayerConverter = (call) =>
  call.graph.emitSameShape("LEAKY_RELU", { alpha: Math.fround(call.number("alpha")) }, [call.input], call.name);

const convertPReLU: LayerConverter = (call) => {
  const alpha = call.constant("alpha", () => {
    const { shape, values } = call.requireWeight("alpha");
    return { shape, values: values.slice() };
  });
  return call.graph.emitSameShape("PRELU", {}, [call.input, alpha], call.name);
};

/** TensorFlow.js takes axis 1 where none is given, the runtime always the last. */
const convertSoftmax: LayerConverter = (call) => {
  const configured = call.setting("axis");
  const axis = Array.isArray(configured) && configured.length === 1 ? configured[0] : configured;
  const rank = call.inputShape.length;
  if (axis !== -1 && axis !== rank - 1) return call.refuse(`has the setting axis: ${JSON.stringify(configured)}`);
  return softmax(call, call.input);
};

export const activationLayers: Readonly<Record<string, LayerConverter>> = {
  Activation: (call) => applyActivation(call, call.input),
  ReLU: convertReLU,
  LeakyReLU: convertLeakyReLU,
  PReLU: convertPReLU,
  ELU: (call) => unary("ELU")(call, call.input),
  Softmax: convertSoftmax,
};
