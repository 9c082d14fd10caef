// Writes a graph as a .tflite file; the same graph always gives the same bytes.
import { strict as assert } from "node:assert";
import { Builder, type Offset } from "flatbuffers";
import {
  findFault,
  type Graph,
  type GraphTensor,
  type Operation,
  type OperationKind,
  type Quantization,
} from "./graph.ts";
import {
  activations,
  bufferAlignmentBytes,
  bufferSlots,
  deprecatedCodeMax,
  type Field,
  fileIdentifier,
  metadataEntrySlots,
  modelSlots,
  operationSchemas,
  operationVersion,
  operatorCodeSlots,
  operatorSlots,
  paddings,
  quantizationSlots,
  schemaVersion,
  subgraphSlots,
  tensorSlots,
  tensorTypeCodes,
} from "./tflite-schema.ts";

/** Bytes that readers find by name; the runtime passes over them. */
export interface Attachment {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a .tflite file, a view on a buffer a little larger: a copy would double what a large model takes.
 *
 * A graph with a fault is a bug and fails an assertion.
 */
export function writeTflite(graph: Graph, attachments: readonly Attachment[] = []): Uint8Array {
  const fault = findFault(graph);
  assert(fault === null, `A faulty graph: ${fault}`);
  const builder = new Builder(estimateBytes(graph));
  const codes = new OperatorCodes(graph);
  // Children come before their parents, so that the constants end up last in the file.
  const { buffers, bufferOf } = writeBuffers(builder, graph);
  const attached = attachments.map((attachment) => writeAttachment(builder, attachment, buffers));
  const zeroPoints: VectorCache = new Map();
  const tensors = graph.tensors.map((tensor, index) => writeTensor(builder, tensor, bufferOf[index]!, zeroPoints));
  const operators = graph.operations.map((operation) => writeOperator(builder, operation, codes.indexOf(operation)));
  const subgraph = writeSubgraph(builder, graph, tensors, operators);
  const codeTables = writeOffsets(builder, codes.write(builder));
  const subgraphs = writeOffsets(builder, [subgraph]);
  const bufferTables = writeOffsets(builder, buffers);
  const attachedTables = attached.length === 0 ? 0 : writeOffsets(builder, attached);
  const description = builder.createString(graph.description);
  builder.startObject(modelSlots.count);
  builder.addFieldInt32(modelSlots.version, schemaVersion, 0);
  builder.addFieldOffset(modelSlots.operatorCodes, codeTables, 0);
  builder.addFieldOffset(modelSlots.subgraphs, subgraphs, 0);
  builder.addFieldOffset(modelSlots.description, description, 0);
  builder.addFieldOffset(modelSlots.buffers, bufferTables, 0);
  builder.addFieldOffset(modelSlots.metadata, attachedTables, 0);
  builder.finish(builder.endObject(), fileIdentifier);
  return builder.asUint8Array();
}

/** Generous, so that the builder never doubles a buffer that holds the model already. */
function estimateBytes({ tensors, operations, description }: Graph): number {
  const tensorBytes = tensors.reduce(
    (sum, { name, shape, data, quantization }) =>
      sum +
      128 +
      3 * name.length +
      4 * shape.length +
      (data?.byteLength ?? 0) +
      16 * (quantization?.scales.length ?? 0),
    0,
  );
  const operationBytes = operations.reduce((sum, { inputs }) => sum + 192 + 4 * inputs.length, 0);
  return 4096 + 3 * description.length + tensorBytes + operationBytes;
}

/** The table of (operation, version) pairs, in the order of first use. */
class OperatorCodes {
  readonly #pairs = new Map<
    string,
    { readonly index: number; readonly kind: OperationKind; readonly version: number }
  >();
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  indexOf(operation: Operation): number {
    const version = operationVersion(operation, this.#graph);
    const key = `${operation.kind} ${version}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known.index;
    const index = this.#pairs.size;
    this.#pairs.set(key, { index, kind: operation.kind, version });
    return index;
  }

  write(builder: Builder): Offset[] {
    return [...this.#pairs.values()].map(({ kind, version }) => {
      const { code } = operationSchemas[kind];
      builder.startObject(operatorCodeSlots.count);
      builder.addFieldInt8(operatorCodeSlots.deprecatedCode, Math.min(code, deprecatedCodeMax), 0);
      builder.addFieldInt32(operatorCodeSlots.version, version, 1);
      builder.addFieldInt32(operatorCodeSlots.code, code, 0);
      return builder.endObject();
    });
  }
}

function writeOffsets(builder: Builder, offsets: readonly Offset[]): Offset {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

function writeInt32s(builder: Builder, values: readonly number[]): Offset {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}

function writeBuffer(builder: Builder, bytes: Uint8Array | null): Offset {
  if (bytes !== null) builder.prep(bufferAlignmentBytes, bytes.length);
  const data = bytes === null ? 0 : builder.createByteVector(bytes);
  builder.startObject(bufferSlots.count);
  builder.addFieldOffset(bufferSlots.data, data, 0);
  return builder.endObject();
}

/** Buffer 0 stays empty: it is the buffer of every tensor without data. */
function writeBuffers(builder: Builder, { tensors }: Graph) {
  const buffers = [writeBuffer(builder, null)];
  const bufferOf = tensors.map(({ data }) => {
    if (data === null) return 0;
    return buffers.push(writeBuffer(builder, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))) - 1;
  });
  return { buffers, bufferOf };
}

function writeAttachment(builder: Builder, { name, bytes }: Attachment, buffers: Offset[]): Offset {
  const buffer = buffers.push(writeBuffer(builder, bytes)) - 1;
  const nameOffset = builder.createString(name);
  builder.startObject(metadataEntrySlots.count);
  builder.addFieldOffset(metadataEntrySlots.name, nameOffset, 0);
  builder.addFieldInt32(metadataEntrySlots.buffer, buffer, 0);
  return builder.endObject();
}

/** Vectors written before, by their values. */
type VectorCache = Map<string, Offset>;

function writeTensor(
  builder: Builder,
  { name, shape, type, quantization }: GraphTensor,
  buffer: number,
  zeroPoints: VectorCache,
): Offset {
  const nameOffset = builder.createString(name);
  const shapeOffset = writeInt32s(builder, shape);
  const quantizationOffset = quantization === null ? 0 : writeQuantization(builder, quantization, zeroPoints);
  builder.startObject(tensorSlots.count);
  builder.addFieldOffset(tensorSlots.shape, shapeOffset, 0);
  builder.addFieldInt8(tensorSlots.type, tensorTypeCodes[type], 0);
  builder.addFieldInt32(tensorSlots.buffer, buffer, 0);
  builder.addFieldOffset(tensorSlots.name, nameOffset, 0);
  builder.addFieldOffset(tensorSlots.quantization, quantizationOffset, 0);
  return builder.endObject();
}

/** Zero points take 8 bytes a channel and are nearly always zeros: tensors of as many channels share one vector. */
function writeZeroPoints(builder: Builder, zeroPoints: readonly number[], cache: VectorCache): Offset {
  const key = zeroPoints.join();
  const known = cache.get(key);
  if (known !== undefined) return known;
  builder.startVector(8, zeroPoints.length, 8);
  for (const zeroPoint of zeroPoints.toReversed()) builder.addInt64(BigInt(zeroPoint));
  const offset = builder.endVector();
  cache.set(key, offset);
  return offset;
}

function writeQuantization(builder: Builder, { scales, zeroPoints, axis }: Quantization, cache: VectorCache): Offset {
  builder.startVector(4, scales.length, 4);
  for (const scale of scales.toReversed()) builder.addFloat32(scale);
  const scaleOffset = builder.endVector();
  const zeroPointOffset = writeZeroPoints(builder, zeroPoints, cache);
  builder.startObject(quantizationSlots.count);
  builder.addFieldOffset(quantizationSlots.scale, scaleOffset, 0);
  builder.addFieldOffset(quantizationSlots.zeroPoint, zeroPointOffset, 0);
  builder.addFieldInt32(quantizationSlots.axis, axis, 0);
  return builder.endObject();
}

function writeOperator(builder: Builder, operation: Operation, codeIndex: number): Offset {
  const { optionsType } = operationSchemas[operation.kind];
  const options = optionsType === 0 ? 0 : writeOptions(builder, operation);
  const inputs = writeInt32s(builder, operation.inputs);
  const outputs = writeInt32s(builder, operation.outputs);
  builder.startObject(operatorSlots.count);
  builder.addFieldInt32(operatorSlots.codeIndex, codeIndex, 0);
  builder.addFieldOffset(operatorSlots.inputs, inputs, 0);
  builder.addFieldOffset(operatorSlots.outputs, outputs, 0);
  builder.addFieldInt8(operatorSlots.optionsType, optionsType, 0);
  builder.addFieldOffset(operatorSlots.options, options, 0);
  return builder.endObject();
}

function writeOptions(builder: Builder, { kind, options }: Operation): Offset {
  const fields = Object.entries<Field>(operationSchemas[kind].fields);
  const values = options as Readonly<Record<string, unknown>>;
  const vectors = new Map<string, Offset>();
  for (const [name, field] of fields) {
    if (field.type === "int32s") vectors.set(name, writeInt32s(builder, values[name] as readonly number[]));
  }
  builder.startObject(1 + Math.max(-1, ...fields.map(([, { slot }]) => slot)));
  for (const [name, field] of fields) writeField(builder, field, vectors.get(name) ?? values[name]);
  return builder.endObject();
}

function writeField(builder: Builder, field: Field, value: unknown): void {
  switch (field.type) {
    case "padding":
      builder.addFieldInt8(field.slot, paddings.indexOf(value as never), paddings.indexOf(field.default));
      break;
    case "activation":
      builder.addFieldInt8(field.slot, activations.indexOf(value as never), activations.indexOf(field.default));
      break;
    case "bool":
      builder.addFieldInt8(field.slot, value === true ? 1 : 0, 0);
      break;
    case "int32":
      builder.addFieldInt32(field.slot, value as number, field.default);
      break;
    case "float32":
      builder.addFieldFloat32(field.slot, value as number, field.default);
      break;
    case "int32s":
      builder.addFieldOffset(field.slot, value as Offset, 0);
      break;
  }
}

function writeSubgraph(
  builder: Builder,
  graph: Graph,
  tensors: readonly Offset[],
  operators: readonly Offset[],
): Offset {
  const tensorVector = writeOffsets(builder, tensors);
  const inputs = writeInt32s(builder, graph.inputs);
  const outputs = writeInt32s(builder, graph.outputs);
  const operatorVector = writeOffsets(builder, operators);
  const name = builder.createString("main");
  builder.startObject(subgraphSlots.count);
  builder.addFieldOffset(subgraphSlots.tensors, tensorVector, 0);
  builder.addFieldOffset(subgraphSlots.inputs, inputs, 0);
  builder.addFieldOffset(subgraphSlots.outputs, outputs, 0);
  builder.addFieldOffset(subgraphSlots.operators, operatorVector, 0);
  builder.addFieldOffset(subgraphSlots.name, name, 0);
  return builder.endObject();
}
