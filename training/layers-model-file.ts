// Reading and writing a TensorFlow.js layers model: model.json with its weight shards beside it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError, messageOf } from "../device/errors/errors.ts";

const modelFile = "model.json";
const weightsFile = "weights.bin";

function invalid(path: string, found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: `a TensorFlow.js layers model at ${path}`,
    found,
    next: "Save it with `model.save()`; graph models are not converted.",
    cause,
  });
}

/** Loads model.json; quantised shards are expanded. Throws INPUT_INVALID, naming the file. */
export async function readLayersModel(path: string): Promise<LayersModel> {
  try {
    return await loadLayersModel({ load: () => readArtifacts(path) });
  } catch (cause) {
    throw cause instanceof FacelatchError ? cause : invalid(path, messageOf(cause), cause);
  }
}

async function readArtifacts(path: string): Promise<io.ModelArtifacts> {
  const model = JSON.parse(await readFile(path, "utf8")) as Partial<io.ModelJSON>;
  const { modelTopology, weightsManifest } = model;
  if (modelTopology === undefined || weightsManifest === undefined)
    throw invalid(path, "no modelTopology and weightsManifest");
  const folder = resolve(dirname(path));
  const shards: Uint8Array[] = [];
  for (const name of weightsManifest.flatMap((group) => group.paths)) {
    const shard = resolve(folder, name);
    if (!shard.startsWith(`${folder}${sep}`)) throw invalid(path, `weights outside its folder: ${name}`);
    shards.push(await readFile(shard));
  }
  const bytes = Buffer.concat(shards);
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
  };
}

/** Saves model.json and one weight file into `folder`. */
export async function writeLayersModel(model: LayersModel, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      if (!(weightData instanceof ArrayBuffer)) throw new Error("expected the weights in one buffer");
      const manifest = [{ paths: [weightsFile], weights: weightSpecs ?? [] }];
      await writeFile(join(folder, weightsFile), new Uint8Array(weightData));
      await writeFile(
        join(folder, modelFile),
        JSON.stringify({ format: "layers-model", modelTopology, weightsManifest: manifest }),
      );
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    },
  });
}
