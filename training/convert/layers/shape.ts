// Layers that change only the shape, the order or the size, and layers that do nothing outside training.
import type { LayerConverter } from "./layer-call.ts";

const convertReshape: LayerConverter = (call) => {
  call.requireChannelsLast();
  return call.graph.emitReshape(call.input, call.shape, call.name);
};

const convertPermute: LayerConverter = (call) => {
  const dims = call.setting("dims");
  if (!Array.isArray(dims)) return call.refuse("lacks the setting dims");
  const order = call.graph.integers(`${call.name}/order`, [0, ...(dims as number[])]);
  return call.graph.emit("TRANSPOSE", {}, [call.input, order], call.name, call.shape);
};

const convertZeroPadding: LayerConverter = (call) => {
  call.requireChannelsLast();
  const [[top, bottom], [left, right]] = call.margins("padding");
  const margins = call.graph.integers(`${call.name}/margins`, [0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  return call.graph.emit("PAD", {}, [call.input, margins], call.name, call.shape);
};

const convertCropping: LayerConverter = (call) => {
  call.requireChannelsLast();
  const [[top], [left]] = call.margins("cropping");
  const begin = call.graph.integers(`${call.name}/begin`, [0, top, left, 0]);
  const size = call.graph.integers(`${call.name}/size`, call.shape);
  return call.graph.emit("SLICE", {}, [call.input, begin, size], call.name, call.shape);
};

/**
 * Half-pixel centres pick the same neighbours as none when the factor is whole, and no rounding can move them.
 */
const convertUpSampling: LayerConverter = (call) => {
  call.requireChannelsLast();
  const { graph, name, shape } = call;
  const size = graph.integers(`${name}/size`, shape.slice(1, 3));
  const method = call.setting("interpolation");
  if (method === "nearest") {
    const options = { alignCorners: false, halfPixelCenters: true };
    return graph.emit("RESIZE_NEAREST_NEIGHBOR", options, [call.input, size], name, shape);
  }
  if (method !== "bilinear") return call.refuse(`has the setting interpolation: ${JSON.stringify(method)}`);
  const options = { alignCorners: false, halfPixelCenters: false };
  return graph.emit("RESIZE_BILINEAR", options, [call.input, size], name, shape);
};

/** Training's noise: nothing at inference. */
const drop: LayerConverter = (call) => call.input;

export const shapeLayers: Readonly<Record<string, LayerConverter>> = {
  Flatten: convertReshape,
  Reshape: convertReshape,
  Permute: convertPermute,
  ZeroPadding2D: convertZeroPadding,
  Cropping2D: convertCropping,
  UpSampling2D: convertUpSampling,
  Dropout: drop,
  SpatialDropout1D: drop,
  SpatialDropout2D: drop,
  GaussianNoise: drop,
  GaussianDropout: drop,
  AlphaDropout: drop,
};
