// Writes weights as Keras 2 does: layer_names at the root, a group for each layer with weight_names and its arrays.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { File, ready } from "h5wasm/node";
import type { StoredLayer } from "../../../training/weights/keras-h5.ts";

/** The model's layers as `save_weights` stores them, in the model's own order. */
export function storedLayersOf(model: LayersModel): StoredLayer[] {
  return model.layers.map((layer) => ({
    name: layer.name,
    arrays: layer.weights.map((variable) => ({
      name: `${layer.name}/${variable.originalName.split("/").at(-1)}:0`,
      shape: variable.shape as number[],
      values: variable.read().dataSync() as Float32Array,
    })),
  }));
}

export async function writeKerasH5(path: string, layers: readonly StoredLayer[], root?: string): Promise<void> {
  await ready;
  const file = new File(path, "w");
  try {
    const top = root === undefined ? file : file.create_group(root);
    top.create_attribute(
      "layer_names",
      layers.map(({ name }) => name),
    );
    for (const { name, arrays } of layers) {
      const group = top.create_group(name);
      if (arrays.length === 0) {
        group.create_attribute("weight_names", [], [0], "S1");
        continue;
      }
      group.create_attribute(
        "weight_names",
        arrays.map((array) => array.name),
      );
      const inner = group.create_group(name);
      for (const { name: weight, shape, values } of arrays) {
        inner.create_dataset({ name: weight.slice(name.length + 1), data: values, shape: [...shape] });
      }
    }
  } finally {
    file.close();
  }
}
