// What a .tflite file holds, for people and programs, and its rewriting for another batch size.
import { readFile, writeFile } from "node:fs/promises";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { batchSizeOf, setBatchSize } from "../convert/batch-size.ts";
import type { Graph, GraphTensor, OperationKind, TensorType } from "../convert/graph.ts";
import { type ModelMetadata, readMetadata, withMetadata } from "../convert/metadata.ts";
import { readTflite } from "../convert/tflite-reader.ts";
import { dataInput } from "../convert/tflite-schema.ts";
import { writeTflite } from "../convert/tflite-writer.ts";
import { whyNotXnnpack } from "../convert/xnnpack-support.ts";

export interface InspectedTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** null for a tensor that is not quantized; several scales along `axis` where it is quantized by channel. */
  readonly quantization: { readonly scales: number; readonly scale: number; readonly zeroPoint: number } | null;
}

export interface InspectedOperation {
  readonly index: number;
  readonly kind: OperationKind;
  readonly input: InspectedTensor;
  readonly output: InspectedTensor;
  /** Of the constants that it reads. */
  readonly constantBytes: number;
  /** Why XNNPACK leaves it to the slower kernels; null where it takes it. */
  readonly notDelegated: string | null;
}

export interface Inspection {
  readonly bytes: number;
  readonly description: string;
  readonly inputs: readonly InspectedTensor[];
  readonly outputs: readonly InspectedTensor[];
  readonly operations: readonly InspectedOperation[];
  readonly kinds: Readonly<Partial<Record<OperationKind, number>>>;
  readonly parameters: number;
  readonly constantBytes: Readonly<Partial<Record<TensorType, number>>>;
  readonly delegated: number;
  readonly metadata: ModelMetadata | null;
}

async function readModel(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `a .tflite file at ${path}`,
      found: messageOf(cause),
      next: "Name a file that `facelatch convert` wrote, or any other.",
      cause,
    });
  });
}

/** Throws INPUT_MISSING or INPUT_INVALID. */
export async function inspectFile(path: string): Promise<Inspection> {
  return inspectTflite(await readModel(path));
}

export function inspectTflite(bytes: Uint8Array): Inspection {
  const graph = readTflite(bytes);
  const ends = (indices: readonly number[]) => indices.map((index) => inspectTensor(graph.tensors[index]!));
  const operations = graph.operations.map((operation, index): InspectedOperation => {
    const { kind, inputs, outputs } = operation;
    return {
      index,
      kind,
      input: inspectTensor(graph.tensors[inputs[dataInput(kind)]!]!),
      output: inspectTensor(graph.tensors[outputs[0]!]!),
      constantBytes: inputs.reduce((sum, input) => sum + (graph.tensors[input]?.data?.byteLength ?? 0), 0),
      notDelegated: whyNotXnnpack(operation, graph),
    };
  });
  return {
    bytes: bytes.byteLength,
    description: graph.description,
    inputs: ends(graph.inputs),
    outputs: ends(graph.outputs),
    operations,
    kinds: countKinds(operations),
    ...countConstants(graph),
    delegated: operations.filter(({ notDelegated }) => notDelegated === null).length,
    metadata: readMetadata(bytes),
  };
}

function inspectTensor({ name, type, shape, quantization }: GraphTensor): InspectedTensor {
  const scales = quantization?.scales;
  const summary =
    quantization === null || scales === undefined
      ? null
      : { scales: scales.length, scale: scales[0]!, zeroPoint: quantization.zeroPoints[0]! };
  return { name, type, shape, quantization: summary };
}

function countKinds(operations: readonly InspectedOperation[]): Inspection["kinds"] {
  const counts: Partial<Record<OperationKind, number>> = {};
  for (const { kind } of operations) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function countConstants({ tensors }: Graph): Pick<Inspection, "parameters" | "constantBytes"> {
  const constantBytes: Partial<Record<TensorType, number>> = {};
  let parameters = 0;
  for (const { data, type } of tensors) {
    if (data === null) continue;
    parameters += data.length;
    constantBytes[type] = (constantBytes[type] ?? 0) + data.byteLength;
  }
  return { parameters, constantBytes };
}

export function describeInspection(inspection: Inspection): string {
  const { operations, delegated, metadata } = inspection;
  const tensor = ({ name, type, shape, quantization }: InspectedTensor) => {
    const scale =
      quantization === null ? "" : ` scale ${quantization.scale.toPrecision(4)} zero ${quantization.zeroPoint}`;
    return `${name} ${type}[${shape.join(", ")}]${scale}`;
  };
  const left = operations.filter(({ notDelegated }) => notDelegated !== null);
  return [
    `${inspection.bytes} bytes, ${inspection.parameters} parameters: "${inspection.description}"`,
    ...inspection.inputs.map((input) => `input  ${tensor(input)}`),
    ...inspection.outputs.map((output) => `output ${tensor(output)}`),
    ...Object.entries(inspection.constantBytes).map(([type, bytes]) => `constants of ${type}: ${bytes} bytes`),
    ...operations.map(({ index, kind, output }) => {
      const mark = left.some((operation) => operation.index === index) ? " " : "X";
      return `${String(index).padStart(4)} ${mark} ${kind.padEnd(18)} ${tensor(output)}`;
    }),
    `XNNPACK takes ${delegated} of ${operations.length} operations (X); it leaves:`,
    ...left.map(({ index, kind, notDelegated }) => `  ${index} ${kind}: ${notDelegated}`),
    metadata === null
      ? "no metadata"
      : `metadata: ${metadata.name}; labels ${metadata.labels.join(", ") || "none"}; (value - ${metadata.mean}) / ${metadata.scale}`,
  ].join("\n");
}

/**
 * Writes the file for another batch size; its metadata stays.
 *
 * @throws FacelatchError INPUT_MISSING, or INPUT_INVALID naming an operation that mixes the batch
 */
export async function rebatchFile(path: string, outPath: string, batchSize: number) {
  const bytes = await readModel(path);
  const graph = readTflite(bytes);
  const rewritten = writeTflite(setBatchSize(graph, batchSize));
  const metadata = readMetadata(bytes);
  const file = metadata === null ? rewritten : withMetadata(rewritten, metadata);
  await writeFile(outPath, file);
  return { before: batchSizeOf(graph), after: batchSize, bytes: file.byteLength };
}
