// Reads a .tflite file back into a graph, to inspect it, to test the writer and to rewrite models made elsewhere.
import { FlatFile, type FlatTable, invalidFile } from "./flat-reader.ts";
import {
  bytesPerValue,
  findFault,
  type Graph,
  type GraphTensor,
  type Operation,
  type OperationKind,
  type Quantization,
  type TensorData,
  type TensorType,
} from "./graph.ts";
import {
  activations,
  bufferSlots,
  type Field,
  fileIdentifier,
  modelSlots,
  operationKinds,
  operationSchemas,
  operatorCodeSlots,
  operatorSlots,
  paddings,
  quantizationSlots,
  schemaVersion,
  subgraphSlots,
  tensorSlots,
  tensorTypeCodes,
} from "./tflite-schema.ts";

const rankMax = 8;

/**
 * The graph of a file; its constants are views on one copy of the file.
 *
 * @throws FacelatchError INPUT_INVALID for anything but a well-formed file of one subgraph and known operations
 */
export function readTflite(bytes: Uint8Array): Graph {
  if (bytes.length < 16 || String.fromCharCode(...bytes.subarray(4, 8)) !== fileIdentifier) {
    throw invalidFile(`${bytes.length} bytes without the identifier ${fileIdentifier}`);
  }
  const model = new FlatFile(bytes).root();
  const version = model.int32(modelSlots.version, 0);
  if (version !== schemaVersion) throw invalidFile(`version ${version} of the format`);
  const subgraphs = model.tables(modelSlots.subgraphs);
  const [subgraph] = subgraphs;
  if (subgraph === undefined || subgraphs.length > 1) throw invalidFile(`${subgraphs.length} subgraphs`);
  const buffers = model.tables(modelSlots.buffers).map((buffer) => buffer.bytes(bufferSlots.data));
  const kinds = model.tables(modelSlots.operatorCodes).map(readOperatorCode);
  const graph: Graph = {
    description: model.string(modelSlots.description),
    tensors: subgraph.tables(subgraphSlots.tensors).map((tensor) => readTensor(tensor, buffers)),
    operations: subgraph.tables(subgraphSlots.operators).map((operator) => readOperator(operator, kinds)),
    inputs: subgraph.int32s(subgraphSlots.inputs),
    outputs: subgraph.int32s(subgraphSlots.outputs),
  };
  const fault = findFault(graph);
  if (fault !== null) throw invalidFile(fault);
  return graph;
}

function readOperatorCode(table: FlatTable): OperationKind {
  // The first field holds small codes of old files, the last all codes of newer ones.
  const code = Math.max(table.uint8(operatorCodeSlots.deprecatedCode, 0), table.int32(operatorCodeSlots.code, 0));
  const kind = operationKinds.find((candidate) => operationSchemas[candidate].code === code);
  if (kind === undefined) throw invalidFile(`the operation with the code ${code}`);
  return kind;
}

function readTensor(table: FlatTable, buffers: readonly Uint8Array[]): GraphTensor {
  const name = table.string(tensorSlots.name);
  const shape = table.int32s(tensorSlots.shape);
  if (shape.length > rankMax) throw invalidFile(`tensor ${name} of ${shape.length} dimensions`);
  if (table.has(tensorSlots.sparsity)) throw invalidFile(`tensor ${name}, which is sparse`);
  const code = table.uint8(tensorSlots.type, 0);
  const type = (Object.keys(tensorTypeCodes) as TensorType[]).find((candidate) => tensorTypeCodes[candidate] === code);
  if (type === undefined) throw invalidFile(`tensor ${name} of the type ${code}`);
  const buffer = table.int32(tensorSlots.buffer, 0);
  const bytes = buffers[buffer];
  if (bytes === undefined) throw invalidFile(`tensor ${name} in buffer ${buffer}, which is absent`);
  const quantization = table.table(tensorSlots.quantization);
  return {
    name,
    shape,
    type,
    data: bytes.length === 0 ? null : viewAs(type, bytes, name),
    quantization: quantization === null ? null : readQuantization(quantization, name),
  };
}

function viewAs(type: TensorType, { buffer, byteOffset, length }: Uint8Array, name: string): TensorData {
  const size = bytesPerValue[type];
  if (byteOffset % size !== 0 || length % size !== 0)
    throw invalidFile(`tensor ${name} with ${length} bytes at ${byteOffset}`);
  switch (type) {
    case "float32":
      return new Float32Array(buffer, byteOffset, length / size);
    case "float16":
      return new Uint16Array(buffer, byteOffset, length / size);
    case "int32":
      return new Int32Array(buffer, byteOffset, length / size);
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "uint8":
      return new Uint8Array(buffer, byteOffset, length);
  }
}

function readQuantization(table: FlatTable, name: string): Quantization | null {
  if (table.uint8(quantizationSlots.detailsType, 0) !== 0)
    throw invalidFile(`tensor ${name}, quantized in a way of its own`);
  const scales = Float32Array.from(table.float32s(quantizationSlots.scale));
  if (scales.length === 0) return null;
  const zeroPoints = table.int64s(quantizationSlots.zeroPoint);
  return {
    scales,
    zeroPoints: zeroPoints.length === 0 ? new Array<number>(scales.length).fill(0) : zeroPoints,
    axis: table.int32(quantizationSlots.axis, 0),
  };
}

function readOperator(table: FlatTable, kinds: readonly OperationKind[]): Operation {
  const kind = kinds[table.int32(operatorSlots.codeIndex, 0)];
  if (kind === undefined) throw invalidFile("an operation whose code is absent");
  const { optionsType, inputsMin, inputsMax, fields } = operationSchemas[kind];
  const inputs = table.int32s(operatorSlots.inputs);
  const outputs = table.int32s(operatorSlots.outputs);
  if (inputs.length < inputsMin || inputs.length > inputsMax) throw invalidFile(`${kind} of ${inputs.length} inputs`);
  if (outputs.length !== 1) throw invalidFile(`${kind} of ${outputs.length} outputs`);
  const foundType = table.uint8(operatorSlots.optionsType, 0);
  // Files may leave out a table all of whose fields have their defaults.
  const options = foundType === optionsType && foundType !== 0 ? table.table(operatorSlots.options) : null;
  if (foundType !== optionsType && foundType !== 0) throw invalidFile(`${kind} with options of the type ${foundType}`);
  const values = Object.entries<Field>(fields).map(([name, field]) => [name, readField(options, field, kind)]);
  return { kind, options: Object.fromEntries(values), inputs, outputs } as Operation;
}

function readField(table: FlatTable | null, field: Field, kind: OperationKind): unknown {
  switch (field.type) {
    case "padding":
      return readName(paddings, table?.uint8(field.slot, 0) ?? 0, kind);
    case "activation":
      return readName(activations, table?.uint8(field.slot, 0) ?? 0, kind);
    case "bool":
      return (table?.uint8(field.slot, 0) ?? 0) !== 0;
    case "float32":
      return table?.float32(field.slot, field.default) ?? field.default;
    case "int32s":
      return table?.int32s(field.slot) ?? field.default;
    case "int32": {
      const value = table?.int32(field.slot, field.default) ?? field.default;
      if (value < field.min) throw invalidFile(`${kind} with the option ${value}, below ${field.min}`);
      return value;
    }
  }
}

function readName<T extends string>(names: readonly T[], code: number, kind: OperationKind): T {
  const name = names[code];
  if (name === undefined) throw invalidFile(`${kind} with the option code ${code}`);
  return name;
}
