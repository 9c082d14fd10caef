// What of the backbone the head sees: the last map pooled or flattened, or finer maps from further inside as well.
import * as layers from "@tensorflow/tfjs-layers";

const readOutNames = ["pooled", "flatten", "grid"] as const;

/**
 * - `pooled`: the mean of the last map.
 * - `flatten`: the whole last map, as in the notebook.
 * - `grid`: of a map from the middle, whose features still tell one face from another, the means of 3 x 3 fields, so
 *   that the head knows where on the face they lie; and the mean of the last map.
 */
export type ReadOut = (typeof readOutNames)[number];

/** Fields in each direction. */
const gridFields = 3;

/** The map that `grid` divides, by architecture: the one of 15 x 15 of MobileNetV2, of 17 x 17 of InceptionResNetV2. */
const middleMaps = ["block_13_expand_relu", "block17_20_ac"] as const;

/**
 * The network with its read-out: output [batch, width].
 *
 * @param network ends with its last map, or with that map's mean
 */
export function appendReadOut(network: layers.LayersModel, readOut: ReadOut): layers.LayersModel {
  const last = lastMap(network);
  const mean = (name: string) =>
    layers.layers.globalAveragePooling2d({ name } as Parameters<typeof layers.layers.globalAveragePooling2d>[0]);
  const outputs: Readonly<Record<ReadOut, () => layers.SymbolicTensor>> = {
    pooled: () => mean("global_average_pooling2d").apply(last) as layers.SymbolicTensor,
    flatten: () => layers.layers.flatten({ name: "flatten" }).apply(last) as layers.SymbolicTensor,
    grid: () =>
      layers.layers
        .concatenate({ name: "read_out" })
        .apply([gridOf(network), mean("last_mean").apply(last) as layers.SymbolicTensor]) as layers.SymbolicTensor,
  };
  const model = layers.model({ inputs: network.inputs, outputs: outputs[readOut](), name: "extractor" });
  model.trainable = false;
  return model;
}

function lastMap(network: layers.LayersModel): layers.SymbolicTensor {
  const output = network.outputs[0]!;
  if (output.shape.length === 4) return output;
  const pooling = network.layers.find((layer) => layer.output === output);
  if (pooling === undefined) throw new Error("a network whose output no layer makes");
  return pooling.input as layers.SymbolicTensor;
}

function gridOf(network: layers.LayersModel): layers.SymbolicTensor {
  const layer = network.layers.find(({ name }) => (middleMaps as readonly string[]).includes(name));
  if (layer === undefined) throw new Error(`a network without any of ${middleMaps.join(", ")}`);
  const map = layer.output as layers.SymbolicTensor;
  const [, height, width] = map.shape;
  const poolSize = [Math.floor(height! / gridFields), Math.floor(width! / gridFields)] as [number, number];
  const pooled = layers.layers
    .averagePooling2d({ poolSize, strides: poolSize, padding: "valid", name: "grid" })
    .apply(map) as layers.SymbolicTensor;
  return layers.layers.flatten({ name: "grid_values" }).apply(pooled) as layers.SymbolicTensor;
}
