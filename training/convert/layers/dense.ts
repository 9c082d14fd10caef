// Dense layers, on vectors and on the last dimension of anything larger.

import { countValues } from "../graph.ts";
import { plain } from "../graph-builder.ts";
import { applyActivation } from "./activation.ts";
import type { LayerConverter, LayerWeight } from "./layer-call.ts";

/** [inputs, units] to [units, inputs]. */
function transposed({ shape, values }: LayerWeight): LayerWeight {
  const [inputs, units] = shape as [number, number];
  const moved = new Float32Array(values.length);
  for (let input = 0; input < inputs; input++) {
    for (let unit = 0; unit < units; unit++) moved[unit * inputs + input] = values[input * units + unit]!;
  }
  return { shape: [units, inputs], values: moved };
}

const convertDense: LayerConverter = (call) => {
  const { graph, name, shape } = call;
  const kernel = call.constant("kernel", () => transposed(call.requireWeight("kernel")));
  const units = shape.at(-1)!;
  const rows = countValues(shape) / units;
  const isFlat = shape.length === 2;
  const input = isFlat ? call.input : graph.emitReshape(call.input, [rows, call.inputShape.at(-1)!], `${name}/rows`);
  const options = { ...plain, keepNumDims: false };
  const result = graph.emit("FULLY_CONNECTED", options, [input, kernel, call.bias(units)], name, [rows, units]);
  const activated = applyActivation(call, result);
  return isFlat ? activated : graph.emitReshape(activated, shape, `${name}/result`);
};

export const denseLayers: Readonly<Record<string, LayerConverter>> = { Dense: convertDense };
