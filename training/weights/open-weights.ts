// The backbone's weights, wherever they come from: Keras' files by URL, an .h5 file, a folder of .npy, or npm.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { architectures, type BackboneShape } from "../backbones/architectures.ts";
import { readSlimWeights, slimInput } from "../backbones/npy-weights.ts";
import { nsfwjsDescription, nsfwjsInput, readNsfwjsWeights } from "../backbones/nsfwjs-weights.ts";
import { type NamedWeights, setWeights } from "../backbones/weights.ts";
import { digestsOf } from "./download.ts";
import { readKerasH5 } from "./keras-h5.ts";
import { matchLayers } from "./match-layers.ts";
import { type FetchOptions, fetchWeights } from "./weights-cache.ts";

export interface OpenedWeights {
  /** Sets all weights of the network that was built for the same shape. */
  readonly fill: (model: LayersModel) => void;
  /** What they were trained on: (value - mean) / scale of 8-bit values. */
  readonly pixels: { readonly mean: number; readonly scale: number };
  /** For the record of a run: which weights, with the digest where they are a file. */
  readonly description: string;
}

const words: readonly string[] = ["keras", "npm"];

/** Whether these weights are named by a word; otherwise by a path. */
export function isWeightsWord(source: string): boolean {
  return words.includes(source);
}

/**
 * Opens the weights that `source` names: `keras` (downloaded once, then cached), `npm` (MobileNetV2 1.0, needs no
 * download), the path of an .h5 file, or of a folder of .npy files with TF-slim's names.
 *
 * @throws FacelatchError USAGE for a combination that does not exist, INPUT_MISSING, INPUT_INVALID, and what a download throws
 */
export async function openWeights(source: string, shape: BackboneShape, options: FetchOptions): Promise<OpenedWeights> {
  if (source === "npm") return openPackaged(shape);
  if (source === "keras") return openKeras(shape, options);
  const found = await stat(source).catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `weights at ${source}`,
      found: messageOf(cause),
      next: "Give --weights keras, npm, an .h5 file, or a folder of .npy files.",
      cause,
    });
  });
  return found.isDirectory() ? openSlim(source, shape) : openH5(source, shape);
}

async function openKeras(shape: BackboneShape, options: FetchOptions): Promise<OpenedWeights> {
  const { path, sha256, checkedAgainst } = await fetchWeights(architectures[shape.name].kerasFile(shape), options);
  if (checkedAgainst === "nothing") {
    options.progress.say(`No digest is published for ${basename(path)}; recorded ${sha256} beside it.`);
  }
  return openH5(path, shape, sha256);
}

async function openH5(path: string, shape: BackboneShape, digest?: string): Promise<OpenedWeights> {
  const stored = await readKerasH5(path);
  const sha256 = digest ?? (await digestsOf(path)).sha256;
  return {
    fill: (model) => setWeights(model, matchLayers(model, stored, path)),
    pixels: architectures[shape.name].pixels,
    description: `${basename(path)}, SHA-256 ${sha256}`,
  };
}

function fillNamed(named: NamedWeights, source: string): OpenedWeights["fill"] {
  return (model) => {
    try {
      setWeights(model, named);
    } catch (cause) {
      if (!(cause instanceof FacelatchError)) throw cause;
      const { expected, found, next } = cause.detail;
      throw new FacelatchError(cause.code, { expected: `${expected} in ${source}`, found, next, cause });
    }
  };
}

async function openSlim(folder: string, shape: BackboneShape): Promise<OpenedWeights> {
  if (shape.name !== "mobilenet-v2") throw otherBackbone("a folder of .npy files", shape);
  return {
    fill: fillNamed(await readSlimWeights(folder), folder),
    pixels: slimInput,
    description: basename(folder),
  };
}

async function openPackaged(shape: BackboneShape): Promise<OpenedWeights> {
  if (shape.name !== "mobilenet-v2" || shape.alpha !== 1) throw otherBackbone("npm", shape);
  return {
    fill: fillNamed(await readNsfwjsWeights(), "nsfwjs"),
    pixels: nsfwjsInput,
    description: nsfwjsDescription,
  };
}

function otherBackbone(source: string, { name, alpha }: BackboneShape): FacelatchError {
  return new FacelatchError("USAGE", {
    expected: `weights for ${name}, alpha ${alpha}`,
    found: `${source}, which holds MobileNetV2${source === "npm" ? " 1.0" : ""} alone`,
    next: "Give --weights keras, or an .h5 file of this network.",
  });
}
