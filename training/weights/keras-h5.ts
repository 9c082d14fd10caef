// Reads the weights that Keras saves as HDF5: a group for each layer, whose attribute names its arrays in their order.
// Source: keras' legacy_h5_format (attributes layer_names and weight_names), and the HDF5 file format's superblock.
import { open } from "node:fs/promises";
import { Dataset, type Entity, File, Group, ready } from "h5wasm/node";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { Weight } from "../backbones/weights.ts";

/** The arrays of one layer, in the order of the file. */
export interface StoredLayer {
  readonly name: string;
  readonly arrays: readonly (Weight & { readonly name: string })[];
}

const signature = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Keras' largest application has about 1,000 layers. */
const layersMax = 5_000;
const valuesMax = 2 ** 28;

/**
 * Reads every layer that has weights, in the file's order; a whole saved model's file is read as well.
 *
 * @throws FacelatchError INPUT_MISSING without the file, INPUT_INVALID naming the file and what is wrong with it
 */
export async function readKerasH5(path: string): Promise<StoredLayer[]> {
  await checkWhole(path);
  await ready;
  let file: File | null = null;
  try {
    file = new File(path, "r");
    // A file that cannot be opened gets a negative handle instead of an error.
    if (file.file_id < 0n) throw invalid(path, "a file that the HDF5 library cannot open");
    return readLayers(file, path);
  } catch (cause) {
    throw cause instanceof FacelatchError ? cause : invalid(path, messageOf(cause), cause);
  } finally {
    if (file !== null && file.file_id >= 0n) file.close();
  }
}

function invalid(path: string, found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: `weights saved by Keras as HDF5 at ${path}`,
    found,
    next: "Fetch the official file with `facelatch weights fetch`, or save yours with `model.save_weights('NAME.h5')` of Keras 2.",
    cause,
  });
}

/** The library writes pages of diagnostics about what is no HDF5 file or ends early, so that is seen before it looks. */
async function checkWhole(path: string): Promise<void> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `weights saved by Keras as HDF5 at ${path}`,
      found: messageOf(cause),
      next: "Check the path given as --weights.",
      cause,
    });
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw invalid(path, "no plain file");
    const head = Buffer.alloc(64);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    if (bytesRead < head.length || !head.subarray(0, signature.length).equals(signature)) {
      throw invalid(path, `${stat.size} bytes that do not begin as an HDF5 file does`);
    }
    const end = endOfFile(head);
    if (end !== null && BigInt(stat.size) < end) throw invalid(path, `${stat.size} of ${end} bytes: it was cut short`);
  } finally {
    await handle.close();
  }
}

/** Where the superblock says that the file ends; null for a version that is not known here. */
function endOfFile(head: Buffer): bigint | null {
  const version = head[8]!;
  const [sizeAt, baseAt, endAt] = version < 2 ? [13, version === 0 ? 24 : 28, version === 0 ? 40 : 44] : [9, 12, 28];
  if (version > 3 || head[sizeAt] !== 8) return null;
  return head.readBigUInt64LE(baseAt) + head.readBigUInt64LE(endAt);
}

function readLayers(file: Group, path: string): StoredLayer[] {
  const root = namesLayers(file) ? file : childOf(file, "model_weights");
  if (!(root instanceof Group) || !namesLayers(root)) {
    const found = file.keys().includes("layers")
      ? "the layout of Keras 3 (.weights.h5)"
      : "an HDF5 file without the attribute layer_names";
    throw invalid(path, found);
  }
  const names = textsOf(root, "layer_names");
  if (names.length > layersMax) throw invalid(path, `${names.length} layers`);
  return names
    .map((name) => {
      const group = childOf(root, name);
      if (!(group instanceof Group)) throw invalid(path, `no group for the layer ${name}`);
      const arrays = textsOf(group, "weight_names").map((weight) => readArray(group, weight, path));
      return { name, arrays };
    })
    .filter(({ arrays }) => arrays.length > 0);
}

const namesLayers = ({ attrs }: Group) => "layer_names" in attrs || "layer_names0" in attrs;

/** Null where there is nothing of that name. */
function childOf(group: Group, name: string): Entity | null {
  // Asking for what is missing would print diagnostics; a name may be a path.
  const [first, ...rest] = name.split("/");
  if (first === undefined || !group.keys().includes(first)) return null;
  const child = group.get(first);
  if (rest.length === 0) return child;
  return child instanceof Group ? childOf(child, rest.join("/")) : null;
}

/** A list of names; large ones are stored in numbered parts. */
function textsOf(group: Group, attribute: string): string[] {
  const { attrs } = group;
  const parts = attribute in attrs ? [attribute] : numbered(attribute, (name) => name in attrs);
  return parts.flatMap((part) => {
    const value = attrs[part]!.value;
    return Array.isArray(value) ? value.map(String) : [];
  });
}

function numbered(attribute: string, exists: (name: string) => boolean): string[] {
  const names: string[] = [];
  for (let i = 0; exists(`${attribute}${i}`); i++) names.push(`${attribute}${i}`);
  return names;
}

function readArray(group: Group, name: string, path: string): StoredLayer["arrays"][number] {
  const dataset = childOf(group, name);
  if (!(dataset instanceof Dataset)) throw invalid(path, `no array ${name}`);
  const shape = dataset.shape ?? [];
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > valuesMax) throw invalid(path, `an array ${name} of ${count} values`);
  const values = dataset.value;
  if (!(values instanceof Float32Array) || values.length !== count) {
    throw invalid(path, `an array ${name} that is not float32`);
  }
  return { name, shape, values };
}
