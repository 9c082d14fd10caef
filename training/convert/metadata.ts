// Labels and normalisation inside the file, in TensorFlow Lite's own metadata format, so that other tools read them.
// Source: tensorflow_lite_support/metadata/metadata_schema.fbs, identifier M001, and the zip archive of its label file.
import { Builder, type Offset } from "flatbuffers";
import { FlatFile, type FlatTable, invalidFile } from "./flat-reader.ts";
import { appendStored, readStored } from "./stored-zip.ts";
import { readTflite } from "./tflite-reader.ts";
import { bufferSlots, metadataEntrySlots, modelSlots } from "./tflite-schema.ts";
import { writeTflite } from "./tflite-writer.ts";

export interface ModelMetadata {
  readonly name: string;
  readonly description: string;
  /** Of the output's last dimension, in order; empty for none. */
  readonly labels: readonly string[];
  /** The input holds (value - mean) / scale of 8-bit RGB values. */
  readonly mean: number;
  readonly scale: number;
}

/** The name under which every reader looks for the table. */
const metadataName = "TFLITE_METADATA";
const identifier = "M001";
const labelFile = "labels.txt";
/** The first parser that knows all the fields used here. */
const parserMin = "1.0.0";

const metadataSlots = { name: 0, description: 1, subgraphs: 3, files: 6, parserMin: 7, count: 8 } as const;
const subgraphSlots = { inputs: 2, outputs: 3, count: 4 } as const;
const tensorSlots = { name: 0, content: 3, processUnits: 4, stats: 5, files: 6, count: 7 } as const;
const contentSlots = { propertiesType: 0, properties: 1, count: 2 } as const;
const imageSlots = { colourSpace: 0, count: 1 } as const;
const unitSlots = { optionsType: 0, options: 1, count: 2 } as const;
const normalisationSlots = { mean: 0, scale: 1, count: 2 } as const;
const statsSlots = { max: 0, min: 1, count: 2 } as const;
const fileSlots = { name: 0, description: 1, type: 2, count: 3 } as const;

const featureProperties = 1;
const imageProperties = 2;
const rgb = 1;
const normalisationOptions = 1;
const tensorAxisLabels = 2;

/** The same model with metadata: the labels lie in a zip archive behind it, where every reader looks for them. */
export function withMetadata(model: Uint8Array, metadata: ModelMetadata): Uint8Array {
  const graph = readTflite(model);
  const names = (indices: readonly number[]) => indices.map((index) => graph.tensors[index]!.name);
  const table = writeTable(metadata, names(graph.inputs), names(graph.outputs));
  const bytes = writeTflite(graph, [{ name: metadataName, bytes: table }]);
  if (metadata.labels.length === 0) return bytes;
  return appendStored(bytes, labelFile, new TextEncoder().encode(`${metadata.labels.join("\n")}\n`));
}

function writeTable(metadata: ModelMetadata, inputs: readonly string[], outputs: readonly string[]): Uint8Array {
  const builder = new Builder(1024);
  const inputTables = inputs.map((name) => writeInput(builder, name, metadata));
  const outputTables = outputs.map((name, i) => writeOutput(builder, name, i === 0 && metadata.labels.length > 0));
  const [inputVector, outputVector] = [writeVector(builder, inputTables), writeVector(builder, outputTables)];
  builder.startObject(subgraphSlots.count);
  builder.addFieldOffset(subgraphSlots.inputs, inputVector, 0);
  builder.addFieldOffset(subgraphSlots.outputs, outputVector, 0);
  const subgraphs = writeVector(builder, [builder.endObject()]);
  const name = builder.createString(metadata.name);
  const description = builder.createString(metadata.description);
  const parser = builder.createString(parserMin);
  builder.startObject(metadataSlots.count);
  builder.addFieldOffset(metadataSlots.name, name, 0);
  builder.addFieldOffset(metadataSlots.description, description, 0);
  builder.addFieldOffset(metadataSlots.subgraphs, subgraphs, 0);
  builder.addFieldOffset(metadataSlots.parserMin, parser, 0);
  builder.finish(builder.endObject(), identifier);
  return builder.asUint8Array();
}

function writeVector(builder: Builder, offsets: readonly Offset[]): Offset {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

function writeFloat(builder: Builder, value: number): Offset {
  builder.startVector(4, 1, 4);
  builder.addFloat32(value);
  return builder.endVector();
}

function writeInput(builder: Builder, name: string, { mean, scale }: ModelMetadata): Offset {
  const [means, scales] = [writeFloat(builder, mean), writeFloat(builder, scale)];
  builder.startObject(normalisationSlots.count);
  builder.addFieldOffset(normalisationSlots.mean, means, 0);
  builder.addFieldOffset(normalisationSlots.scale, scales, 0);
  const normalisation = builder.endObject();
  builder.startObject(unitSlots.count);
  builder.addFieldInt8(unitSlots.optionsType, normalisationOptions, 0);
  builder.addFieldOffset(unitSlots.options, normalisation, 0);
  const units = writeVector(builder, [builder.endObject()]);
  builder.startObject(imageSlots.count);
  builder.addFieldInt8(imageSlots.colourSpace, rgb, 0);
  const content = writeContent(builder, imageProperties, builder.endObject());
  const stats = writeStats(builder, (0 - mean) / scale, (255 - mean) / scale);
  const nameOffset = builder.createString(name);
  builder.startObject(tensorSlots.count);
  builder.addFieldOffset(tensorSlots.name, nameOffset, 0);
  builder.addFieldOffset(tensorSlots.content, content, 0);
  builder.addFieldOffset(tensorSlots.processUnits, units, 0);
  builder.addFieldOffset(tensorSlots.stats, stats, 0);
  return builder.endObject();
}

function writeOutput(builder: Builder, name: string, hasLabels: boolean): Offset {
  builder.startObject(0);
  const content = writeContent(builder, featureProperties, builder.endObject());
  const stats = writeStats(builder, 0, 1);
  const files = hasLabels ? writeVector(builder, [writeLabelFile(builder)]) : 0;
  const nameOffset = builder.createString(name);
  builder.startObject(tensorSlots.count);
  builder.addFieldOffset(tensorSlots.name, nameOffset, 0);
  builder.addFieldOffset(tensorSlots.content, content, 0);
  if (hasLabels) builder.addFieldOffset(tensorSlots.stats, stats, 0);
  builder.addFieldOffset(tensorSlots.files, files, 0);
  return builder.endObject();
}

function writeContent(builder: Builder, propertiesType: number, properties: Offset): Offset {
  builder.startObject(contentSlots.count);
  builder.addFieldInt8(contentSlots.propertiesType, propertiesType, 0);
  builder.addFieldOffset(contentSlots.properties, properties, 0);
  return builder.endObject();
}

function writeStats(builder: Builder, min: number, max: number): Offset {
  const [maxima, minima] = [writeFloat(builder, max), writeFloat(builder, min)];
  builder.startObject(statsSlots.count);
  builder.addFieldOffset(statsSlots.max, maxima, 0);
  builder.addFieldOffset(statsSlots.min, minima, 0);
  return builder.endObject();
}

function writeLabelFile(builder: Builder): Offset {
  const name = builder.createString(labelFile);
  const description = builder.createString("Labels of the output's classes, one a line.");
  builder.startObject(fileSlots.count);
  builder.addFieldOffset(fileSlots.name, name, 0);
  builder.addFieldOffset(fileSlots.description, description, 0);
  builder.addFieldInt8(fileSlots.type, tensorAxisLabels, 0);
  return builder.endObject();
}

/**
 * The metadata of any .tflite file of one subgraph; null where it has none.
 *
 * @throws FacelatchError INPUT_INVALID for a table that is not well-formed
 */
export function readMetadata(model: Uint8Array): ModelMetadata | null {
  const root = new FlatFile(model).root();
  const entry = root
    .tables(modelSlots.metadata)
    .find((table) => table.string(metadataEntrySlots.name) === metadataName);
  if (entry === undefined) return null;
  const bytes = root.tables(modelSlots.buffers)[entry.int32(metadataEntrySlots.buffer, 0)]?.bytes(bufferSlots.data);
  if (bytes === undefined || String.fromCharCode(...bytes.subarray(4, 8)) !== identifier) {
    throw invalidFile(`metadata without the identifier ${identifier}`);
  }
  const table = new FlatFile(bytes).root();
  const [subgraph] = table.tables(metadataSlots.subgraphs);
  const [input] = subgraph?.tables(subgraphSlots.inputs) ?? [];
  const normalisation = input
    ?.tables(tensorSlots.processUnits)
    .find((unit) => unit.uint8(unitSlots.optionsType, 0) === normalisationOptions)
    ?.table(unitSlots.options);
  return {
    name: table.string(metadataSlots.name),
    description: table.string(metadataSlots.description),
    labels: readLabels(model, subgraph),
    mean: normalisation?.float32s(normalisationSlots.mean)[0] ?? 0,
    scale: normalisation?.float32s(normalisationSlots.scale)[0] ?? 1,
  };
}

function readLabels(model: Uint8Array, subgraph: FlatTable | undefined): string[] {
  const [output] = subgraph?.tables(subgraphSlots.outputs) ?? [];
  const file = output?.tables(tensorSlots.files).find((entry) => entry.uint8(fileSlots.type, 0) === tensorAxisLabels);
  const bytes = file === undefined ? null : readStored(model, file.string(fileSlots.name));
  if (bytes === null) return [];
  return new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((label) => label !== "");
}
