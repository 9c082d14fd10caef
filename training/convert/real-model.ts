// Runs a converted graph on real numbers, whatever its inputs and outputs store.
import type { Engine } from "../../device/vision/engine.ts";
import type { Graph, GraphTensor } from "./graph.ts";
import { sliceOf, storeInt8 } from "./quantization.ts";

export interface RealModel {
  /** One array for each output, a copy, for one array for each input. */
  infer(inputs: readonly Float32Array[]): Float32Array[];
}

/**
 * Loads the bytes that `graph` was written to.
 *
 * @throws FacelatchError MODEL_INVALID
 */
export function openRealModel(engine: Engine, bytes: Uint8Array, graph: Graph): RealModel {
  const model = engine.load(bytes);
  const ends = (indices: readonly number[]) => indices.map((index) => graph.tensors[index]!);
  const [inputs, outputs] = [ends(graph.inputs), ends(graph.outputs)];
  return {
    infer: (values) => {
      for (const [i, tensor] of inputs.entries()) model.inputs[i]!.data.set(stored(values[i]!, tensor));
      model.infer();
      return outputs.map((tensor, i) => real(model.outputs[i]!.data, tensor));
    },
  };
}

function stored(values: Float32Array, { type, quantization }: GraphTensor): Float32Array | Int8Array {
  return type === "int8" && quantization !== null ? storeInt8(values, quantization) : values;
}

/** The real values of what a tensor stores. */
export function real(data: ArrayLike<number>, { type, shape, quantization }: GraphTensor): Float32Array {
  if (type === "float32" || quantization === null) return Float32Array.from(data);
  const { scales, zeroPoints, axis } = quantization;
  const slice = scales.length === 1 ? () => 0 : sliceOf(shape, axis);
  return Float32Array.from(data, (value, index) => (value - zeroPoints[slice(index)]!) * scales[slice(index)]!);
}
