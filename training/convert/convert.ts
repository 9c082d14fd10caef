// The port of the converter: a TensorFlow.js layers model goes in, a .tflite file comes out.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type CalibrationMethod, calibrate, calibrateEach, type Sample } from "./calibrate.ts";
import { graphFromLayers } from "./from-layers.ts";
import { countValues, type Graph, type OperationKind } from "./graph.ts";
import { dropDead } from "./passes/drop-dead.ts";
import { dropIdentities } from "./passes/drop-identities.ts";
import { foldScales } from "./passes/fold-scales.ts";
import { mergeActivations } from "./passes/merge-activations.ts";
import { mergePaddings } from "./passes/merge-paddings.ts";
import { settlePaddings } from "./passes/settle-paddings.ts";
import type { Range } from "./quantization.ts";
import { type QuantizeOptions, quantizeInt8 } from "./quantize.ts";
import { storeWeightsAsFloat16, storeWeightsAsInt8 } from "./quantize-weights.ts";
import { writeTflite } from "./tflite-writer.ts";

export { type CalibrationMethod, calibrate, calibrateEach, type Graph, type QuantizeOptions, type Range, type Sample };

export interface ConvertOptions {
  /** Stored in the file. */
  readonly description?: string;
  /** The batch that the file is made for; 1 where it is left out. */
  readonly batchSize?: number;
}

export interface ConvertReport {
  /** How many operations of each kind the file holds, most frequent first. */
  readonly operations: Readonly<Partial<Record<OperationKind, number>>>;
  /** Values of constants, kernels and biases alike. */
  readonly parameters: number;
  readonly bytes: number;
  /** What each pass took away. */
  readonly operationsRemoved: Readonly<Record<string, number>>;
}

export interface Converted {
  readonly bytes: Uint8Array;
  /** What was written. */
  readonly graph: Graph;
  readonly report: ConvertReport;
}

/** In this order: scales fold before activations hide them, and what nobody uses goes last. */
const passes = { dropIdentities, foldScales, mergePaddings, settlePaddings, mergeActivations, dropDead } as const;

/**
 * Converts a model with its weights to float32 .tflite; the same weights and names give the same bytes.
 *
 * Inputs and outputs keep the model's order. Weights are read synchronously, so the current backend must allow that
 * (cpu and wasm do).
 *
 * @throws FacelatchError CONVERT_UNSUPPORTED naming the layer, before anything is written
 */
export function convertLayersModel(model: LayersModel, options: ConvertOptions = {}): Converted {
  let graph = graphFromLayers(model, options.description ?? model.name, options.batchSize ?? 1);
  const operationsRemoved: Record<string, number> = {};
  for (const [name, pass] of Object.entries(passes)) {
    const before = graph.operations.length;
    graph = pass(graph);
    operationsRemoved[name] = before - graph.operations.length;
  }
  return write(graph, operationsRemoved);
}

/**
 * The int8 version of a converted float32 graph. Answers change: it ships only where a comparison allows.
 *
 * @param ranges of the same graph, from `calibrate`
 * @throws FacelatchError INPUT_INVALID where a range is missing
 */
export function quantizeGraph(graph: Graph, ranges: ReadonlyMap<string, Range>, options: QuantizeOptions): Converted {
  return write(quantizeInt8(graph, ranges, options));
}

/** A converted float32 graph with large kernels in 2 bytes or 1 byte a value; it still computes in float32. */
export function shrinkWeights(graph: Graph, type: "float16" | "int8"): Converted {
  return write(type === "float16" ? storeWeightsAsFloat16(graph) : storeWeightsAsInt8(graph));
}

function write(graph: Graph, operationsRemoved: Readonly<Record<string, number>> = {}): Converted {
  const bytes = writeTflite(graph);
  return { bytes, graph, report: { ...summarize(graph), bytes: bytes.byteLength, operationsRemoved } };
}

function summarize({ operations, tensors }: Graph): Pick<ConvertReport, "operations" | "parameters"> {
  const counts = new Map<OperationKind, number>();
  for (const { kind } of operations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return {
    operations: Object.fromEntries([...counts].sort(([, a], [, b]) => b - a)),
    parameters: tensors.reduce((sum, { data, shape }) => sum + (data === null ? 0 : countValues(shape)), 0),
  };
}
