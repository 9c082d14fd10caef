// Pooling, by window and over the whole picture.
import { plain } from "../graph-builder.ts";
import type { LayerCall, LayerConverter } from "./layer-call.ts";

const convertPooling =
  (kind: "AVERAGE_POOL_2D" | "MAX_POOL_2D"): LayerConverter =>
  (call) => {
    call.requireChannelsLast();
    const [filterH, filterW] = call.pair("poolSize");
    const [strideH, strideW] = call.pair("strides");
    const options = { padding: call.padding(), strideH, strideW, filterH, filterW, ...plain };
    return call.graph.emit(kind, options, [call.input], call.name, call.shape);
  };

/** XNNPACK takes a mean only where dimensions are kept, so they are kept and dropped after. */
function pooledShape({ inputShape }: LayerCall): readonly number[] {
  return [inputShape[0]!, 1, 1, inputShape[3]!];
}

const convertGlobalAverage: LayerConverter = (call) => {
  call.requireChannelsLast();
  const axes = call.graph.integers(`${call.name}/axes`, [1, 2]);
  const pooled = call.graph.emit("MEAN", { keepDims: true }, [call.input, axes], call.name, pooledShape(call));
  return call.graph.emitReshape(pooled, call.shape, `${call.name}/vector`);
};

const convertGlobalMax: LayerConverter = (call) => {
  call.requireChannelsLast();
  const [, filterH, filterW] = call.inputShape as [number, number, number, number];
  const options = { padding: "VALID", strideH: 1, strideW: 1, filterH, filterW, ...plain } as const;
  const pooled = call.graph.emit("MAX_POOL_2D", options, [call.input], call.name, pooledShape(call));
  return call.graph.emitReshape(pooled, call.shape, `${call.name}/vector`);
};

export const poolingLayers: Readonly<Record<string, LayerConverter>> = {
  AveragePooling2D: convertPooling("AVERAGE_POOL_2D"),
  MaxPooling2D: convertPooling("MAX_POOL_2D"),
  GlobalAveragePooling2D: convertGlobalAverage,
  GlobalMaxPooling2D: convertGlobalMax,
};
