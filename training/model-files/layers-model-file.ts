// Reading and writing a TensorFlow.js layers model: model.json with its weight shards beside it.
import { type FileHandle, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

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

/**
 * Loads model.json; quantised shards are expanded. Weights are read one by one, so that a large model is in memory but
 * once.
 *
 * @throws FacelatchError INPUT_MISSING without the file, INPUT_INVALID naming it
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `a TensorFlow.js layers model at ${path}`,
      found: messageOf(cause),
      next: "Name the model.json that `model.save()` wrote.",
      cause,
    });
  });
  try {
    const { modelTopology, weightsManifest } = JSON.parse(text, withoutInitialValues) as Partial<io.ModelJSON>;
    if (modelTopology === undefined || weightsManifest === undefined) {
      throw invalid(path, "no modelTopology and weightsManifest");
    }
    const model = await loadLayersModel({ load: async () => ({ modelTopology: modelTopology as object }) });
    await readWeights(model, dirname(path), weightsManifest);
    return model;
  } catch (cause) {
    throw cause instanceof FacelatchError ? cause : invalid(path, messageOf(cause), cause);
  }
}

/** Every weight is read from the file: drawing random ones first would take seconds and memory. */
function withoutInitialValues(key: string, value: unknown): unknown {
  const isInitializer = key.endsWith("_initializer") && typeof value === "object" && value !== null;
  return isInitializer ? { class_name: "Zeros", config: {} } : value;
}

async function readWeights(model: LayersModel, folder: string, manifest: io.WeightsManifestConfig): Promise<void> {
  const wanted = new Set(model.weights.map(({ originalName }) => originalName));
  const stored = manifest.flatMap(({ weights }) => weights.map(({ name }) => name));
  const isPlain = stored.length === wanted.size && stored.every((name) => wanted.has(name));
  const all: tf.NamedTensorMap = {};
  for (const { paths, weights } of manifest) {
    const shards = await ShardReader.open(folder, paths);
    try {
      for (const spec of weights) {
        const tensors = decodeWeight(await shards.read(bytesOf(spec)), spec);
        if (isPlain) {
          model.loadWeights(tensors, false);
          tf.dispose(tensors);
        } else {
          Object.assign(all, tensors);
        }
      }
    } finally {
      await shards.close();
    }
  }
  // Other programs name weights in other ways, all of which TensorFlow.js knows where it sees them together.
  if (!isPlain) model.loadWeights(all, true);
  tf.dispose(all);
}

/** What is stored as it is used becomes a tensor without another copy. */
function decodeWeight(bytes: ArrayBuffer, spec: io.WeightsManifestEntry): tf.NamedTensorMap {
  const isPlain = spec.dtype === "float32" && spec.quantization === undefined;
  return isPlain ? { [spec.name]: tf.tensor(new Float32Array(bytes), spec.shape) } : tf.io.decodeWeights(bytes, [spec]);
}

const bytesPerStored: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

function bytesOf({ name, shape, dtype, quantization }: io.WeightsManifestEntry): number {
  const bytes = bytesPerStored[quantization?.dtype ?? dtype];
  if (bytes === undefined) throw new Error(`the weight ${name} of type ${quantization?.dtype ?? dtype}`);
  return shape.reduce((product, size) => product * size, bytes);
}

/** The shards of a group are one run of bytes. */
class ShardReader {
  readonly #handles: FileHandle[];
  #index = 0;
  #at = 0;

  private constructor(handles: FileHandle[]) {
    this.#handles = handles;
  }

  static async open(folder: string, names: readonly string[]): Promise<ShardReader> {
    const root = resolve(folder);
    const outside = names.find((name) => !resolve(root, name).startsWith(`${root}${sep}`));
    if (outside !== undefined) throw new Error(`weights outside the model's folder: ${outside}`);
    const reader = new ShardReader([]);
    try {
      for (const name of names) reader.#handles.push(await open(resolve(root, name), "r"));
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** The next bytes, across the ends of shards. */
  async read(bytes: number): Promise<ArrayBuffer> {
    const target = new Uint8Array(bytes);
    for (let filled = 0; filled < bytes; ) {
      const handle = this.#handles[this.#index];
      if (handle === undefined) throw new Error(`weight files that lack ${bytes - filled} bytes`);
      const { bytesRead } = await handle.read(target, filled, bytes - filled, this.#at);
      filled += bytesRead;
      this.#at = bytesRead === 0 ? 0 : this.#at + bytesRead;
      if (bytesRead === 0) this.#index++;
    }
    return target.buffer;
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) await handle.close();
  }
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
