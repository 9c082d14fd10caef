// Backbone weights out of a folder of NumPy arrays with TF-slim's names, such as published ImageNet checkpoints.
// Source: the .npy format, version 1, of numpy.lib.format.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { NamedWeights, Weight } from "./weights.ts";

/** What TF-slim's MobileNetV2 was trained on: pixels from -1 to 1. */
export const slimInput = { mean: 127.5, scale: 127.5 } as const;

const magic = "\u0093NUMPY\u0001";
const headerAt = 10;
const valuesMax = 2 ** 27;

/** Keras' name of each kind of array, by the end of TF-slim's name. */
const weightNames: readonly (readonly [slim: string, keras: string])[] = [
  ["_BatchNorm_gamma", "gamma"],
  ["_BatchNorm_beta", "beta"],
  ["_BatchNorm_moving_mean", "moving_mean"],
  ["_BatchNorm_moving_variance", "moving_variance"],
  ["_depthwise_weights", "depthwise_kernel"],
  ["_weights", "kernel"],
  ["_biases", "bias"],
];

/**
 * Reads a folder of MobileNetV2 arrays and names them as Keras does; arrays of other names are left out.
 *
 * @throws FacelatchError INPUT_MISSING without arrays, INPUT_INVALID naming the file that is no float32 array
 */
export async function readSlimWeights(folder: string): Promise<NamedWeights> {
  const files = await readdir(folder).catch((cause: unknown) => noArrays(folder, messageOf(cause), cause));
  const weights = new Map<string, Weight>();
  for (const file of files.sort()) {
    const name = file.endsWith(".npy") ? kerasName(file.slice(0, -".npy".length)) : null;
    if (name !== null) weights.set(name, parseNpy(await readFile(join(folder, file)), file));
  }
  return weights.size === 0 ? noArrays(folder, `${files.length} other files`) : weights;
}

function noArrays(folder: string, found: string, cause?: unknown): never {
  throw new FacelatchError("INPUT_MISSING", {
    expected: `a folder of MobileNetV2 arrays (.npy, TF-slim's names) at ${folder}`,
    found,
    next: "Export the checkpoint, one array a file, or leave --weights out.",
    cause,
  });
}

/** `expanded_conv_3_expand_BatchNorm_gamma` is `block_3_expand_BN/gamma`; null for a name that is none of TF-slim's. */
export function kerasName(slim: string): string | null {
  const found = weightNames.find(([end]) => slim.endsWith(end));
  if (found === undefined) return null;
  const [end, weight] = found;
  const layer = kerasLayer(slim.slice(0, -end.length), end.startsWith("_BatchNorm_"));
  return layer === null ? null : `${layer}/${weight}`;
}

function kerasLayer(scope: string, isNorm: boolean): string | null {
  if (scope === "Conv") return isNorm ? "bn_Conv1" : "Conv1";
  if (scope === "Conv_1") return isNorm ? "Conv_1_bn" : "Conv_1";
  const block = /^expanded_conv_(?:(\d+)_)?(expand|depthwise|project)$/.exec(scope);
  if (block === null) return null;
  const prefix = block[1] === undefined ? "expanded_conv" : `block_${block[1]}`;
  return `${prefix}_${block[2]}${isNorm ? "_BN" : ""}`;
}

/**
 * The values of one float32 array in row-major order.
 *
 * @param name of the file, for the message
 * @throws FacelatchError INPUT_INVALID
 */
export function parseNpy(bytes: Uint8Array, name: string): Weight {
  const refuse = (found: string): never => {
    throw new FacelatchError("INPUT_INVALID", {
      expected: `a float32 array in row-major order in ${name}`,
      found,
      next: "Save it with numpy.save() after .astype('float32').",
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerAt || String.fromCharCode(...bytes.subarray(0, magic.length)) !== magic) {
    return refuse(`${bytes.length} bytes that are no .npy file of version 1`);
  }
  const dataAt = headerAt + view.getUint16(headerAt - 2, true);
  const header = new TextDecoder("latin1").decode(bytes.subarray(headerAt, dataAt));
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (!/'descr':\s*'<f4'/.test(header) || !/'fortran_order':\s*False/.test(header) || shape === undefined) {
    return refuse(`the header ${header.trim()}`);
  }
  const sizes = shape.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]));
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count > valuesMax || bytes.length - dataAt !== 4 * count) {
    return refuse(`${bytes.length - dataAt} bytes for the shape (${shape})`);
  }
  return {
    shape: sizes,
    values: Float32Array.from({ length: count }, (_, i) => view.getFloat32(dataAt + 4 * i, true)),
  };
}
