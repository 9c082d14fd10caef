// From the layers of a Keras file to the weights of our network: by name, by number where Keras numbers, else in order.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { NamedWeights, Weight } from "../backbones/weights.ts";
import type { StoredLayer } from "./keras-h5.ts";

type ModelLayer = LayersModel["layers"][number];

/** Names that Keras gives by counting: where it starts depends on what else the program built before. */
const numberedName = /^(conv2d|batch_normalization)(?:_(\d+))?$/;

/**
 * Every weight of the network out of the file's layers. Keras itself goes by the order alone; names are preferred here,
 * because they find mistakes that equal shapes hide.
 *
 * @param path of the file, for the message
 * @throws FacelatchError INPUT_INVALID for a file of another network or width
 */
export function matchLayers(model: LayersModel, stored: readonly StoredLayer[], path: string): NamedWeights {
  const wanted = model.layers.filter((layer) => layer.weights.length > 0);
  const pairs = pairByName(wanted, stored) ?? pairInOrder(wanted, stored, path);
  const named = new Map<string, Weight>();
  for (const [layer, source] of pairs) {
    for (const [name, weight] of weightsOf(layer, source, path)) named.set(`${layer.name}/${name}`, weight);
  }
  return named;
}

type Pair = readonly [layer: ModelLayer, source: StoredLayer];

/** Null where a name is missing. */
function pairByName(wanted: readonly ModelLayer[], stored: readonly StoredLayer[]): Pair[] | null {
  const byName = new Map(stored.map((layer) => [layer.name, layer]));
  for (const family of ["conv2d", "batch_normalization"]) {
    const ours = inCountingOrder(wanted, family);
    const theirs = inCountingOrder(stored, family);
    if (ours.length !== theirs.length) return null;
    ours.forEach(({ name }, i) => {
      byName.set(name, theirs[i]!);
    });
  }
  const pairs = wanted.flatMap((layer): Pair[] => {
    const source = byName.get(layer.name);
    return source === undefined ? [] : [[layer, source]];
  });
  return pairs.length === wanted.length ? pairs : null;
}

function inCountingOrder<T extends { readonly name: string }>(layers: readonly T[], family: string): T[] {
  const numbered = layers.flatMap((layer) => {
    const match = numberedName.exec(layer.name);
    return match?.[1] === family ? [{ layer, number: Number(match[2] ?? 0) }] : [];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ layer }) => layer);
}

/** As Keras does: its layers stand in the order of their depth, which is ours. What follows is a top, and left out. */
function pairInOrder(wanted: readonly ModelLayer[], stored: readonly StoredLayer[], path: string): Pair[] {
  if (stored.length >= wanted.length) return wanted.map((layer, i) => [layer, stored[i]!]);
  throw mismatch(path, `${wanted.length} layers with weights`, String(stored.length));
}

function* weightsOf(layer: ModelLayer, source: StoredLayer, path: string): Generator<[string, Weight]> {
  const names = layer.weights.map(({ originalName }) => originalName.split("/").at(-1)!);
  if (names.length !== source.arrays.length) {
    throw mismatch(path, `${names.length} arrays for the layer ${layer.name}`, `${source.arrays.length}`);
  }
  // Beta, mean and variance have one shape: where the file says which is which, its word counts.
  const theirs = source.arrays.map(({ name }) => name.split("/").at(-1)!.replace(/:\d+$/, ""));
  const byName = names.every((name) => theirs.includes(name));
  for (const [i, name] of names.entries()) {
    const array = source.arrays[byName ? theirs.indexOf(name) : i]!;
    const shape = layer.weights[i]!.shape;
    if (array.shape.join() !== shape.join()) {
      throw mismatch(path, `${layer.name}/${name} of shape [${shape.join(", ")}]`, `[${array.shape.join(", ")}]`);
    }
    yield [name, array];
  }
}

function mismatch(path: string, expected: string, found: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: `${expected} in ${path}`,
    found,
    next: "The file belongs to another network or width: choose --backbone and --alpha that fit it, or another file.",
  });
}
