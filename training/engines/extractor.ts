// Features of many pictures: a network without gradients, in as many processes as its engine is good for.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import { siblingModule } from "../../device/installation/installation.ts";
import { convertLayersModel } from "../convert/convert.ts";
import { writeLayersModel } from "../model-files/layers-model-file.ts";
import { writing } from "../write-file.ts";
import type { EngineName } from "./engine.ts";
import { ExtractorPool, type PoolReport } from "./extractor-pool.ts";

export interface ExtractorOptions {
  readonly engine: EngineName;
  /** Input of `input.shape`; the output's values, in row-major order, are a row. */
  readonly model: LayersModel;
  readonly input: ModelInput;
  /** Turns tasks into pictures within the processes; by default, tasks are `PictureTask`s. See `Preparer`. */
  readonly preparer?: { readonly module: string; readonly options?: unknown };
  /** By default one for each core that memory is there for with `tflite`, which uses one thread; one for the others. */
  readonly processes?: number;
  /** Pictures at once; 1 for `tflite`. */
  readonly batchSize?: number;
  /** Tasks that a process is given at once; it has two such portions at most. */
  readonly portion?: number;
  readonly replyTimeoutMs?: number;
}

export interface FeatureExtractor<Task> extends PoolReport {
  readonly engine: EngineName;
  /** Values of one row. */
  readonly width: number;
  /**
   * Calls `onRows` for every task once, with its number from 0 and its rows [pictures, width]; not in the tasks' order.
   * Tasks are taken as they are needed.
   *
   * @throws FacelatchError TRAINING_FAILED when a process ends or hangs, what the preparer throws, and the signal's
   *   reason; the extractor is closed then
   */
  extract(
    tasks: Iterable<Task>,
    onRows: (task: number, rows: Float32Array) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

const processesMax = 16;
/** Of Node with its packages; and how often a process holds the weights at its peak: the file, the runtime's, XNNPACK's. */
const processBytes = 130e6;
const copiesOfWeights = 3.2;
/** Larger batches fill a GPU; on a CPU they only take memory. */
const batchSizes: Readonly<Record<EngineName, number>> = { "tfjs-node": 16, webgpu: 16, tflite: 1, wasm: 1 };
const replyTimeoutMs = 120_000;

/**
 * Starts the processes; each has loaded the network when this returns.
 *
 * @throws FacelatchError ENGINE_UNAVAILABLE, TRAINING_FAILED, DISK_FULL, CONVERT_UNSUPPORTED for a network that .tflite
 *   has no operations for
 */
export async function openExtractor<Task>(options: ExtractorOptions): Promise<FeatureExtractor<Task>> {
  const { engine, model, input } = options;
  const width = model.outputs[0]!.shape.slice(1).reduce<number>((product, size) => product * size!, 1);
  const batchSize = options.batchSize ?? batchSizes[engine];
  const folder = await mkdtemp(join(tmpdir(), "facelatch-extractor-"));
  try {
    const pool = await ExtractorPool.open({
      processes: options.processes ?? (engine === "tflite" ? processesFor(model) : 1),
      portion: options.portion ?? Math.max(4, batchSize),
      replyTimeoutMs: options.replyTimeoutMs ?? replyTimeoutMs,
      start: {
        type: "start",
        engine,
        modelPath: await writeModel(model, engine, folder),
        input,
        width,
        batchSize,
        preparerModule: options.preparer?.module ?? siblingModule(import.meta.filename, "preparer"),
        preparerOptions: options.preparer?.options,
      },
    });
    return Object.assign(pool, { engine, width });
  } finally {
    // Every process has read it.
    await rm(folder, { recursive: true, force: true });
  }
}

/** One for each core, as long as a quarter of the memory holds them. */
function processesFor(model: LayersModel): number {
  const bytes = processBytes + copiesOfWeights * Float32Array.BYTES_PER_ELEMENT * model.countParams();
  const fitting = Math.floor(totalmem() / 4 / bytes);
  return Math.max(1, Math.min(processesMax, availableParallelism(), fitting));
}

/** As a file: sent by message, a large network would be in memory several times over. */
async function writeModel(model: LayersModel, engine: EngineName, folder: string): Promise<string> {
  if (engine !== "tflite") {
    await writing(folder, () => writeLayersModel(model, folder));
    return join(folder, "model.json");
  }
  const path = join(folder, "extractor.tflite");
  await writing(path, () => writeFile(path, convertLayersModel(model).bytes));
  return path;
}

export interface ExtractOptions {
  readonly signal?: AbortSignal;
  /** Rows done so far. */
  readonly onProgress?: (done: number) => void;
}

/** One row for each task, in the tasks' order: [tasks, width]. */
export async function extractFeatures<Task>(
  extractor: FeatureExtractor<Task>,
  tasks: readonly Task[],
  { signal, onProgress }: ExtractOptions = {},
): Promise<Float32Array> {
  const { width } = extractor;
  const values = new Float32Array(tasks.length * width);
  let done = 0;
  await extractor.extract(
    tasks,
    (task, rows) => {
      if (rows.length !== width) throw new Error(`${rows.length / width} rows for a task that has one picture`);
      values.set(rows, task * width);
      onProgress?.(++done);
    },
    signal,
  );
  return values;
}
