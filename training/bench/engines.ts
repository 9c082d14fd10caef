// The engines that the benchmark compares, each as one call that runs a model on the same input.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInThisContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import type { Graph, GraphTensor } from "../convert/graph.ts";
import { countValues } from "../convert/graph.ts";
import { readTflite } from "../convert/tflite-reader.ts";
import { seededRandom } from "../seeded-random.ts";
import { useMemoryBackend, useWasmBackend } from "../tensor-backend.ts";
import type { EngineName } from "./inference-messages.ts";
import { writeOnnx } from "./onnx-file.ts";
import { openTfjsGraph } from "./tfjs-graph.ts";
import { widenConstants } from "./widen.ts";

/** Runs one inference and waits for its outputs. */
export type Infer = () => unknown;

const require = createRequire(import.meta.url);

const openers: Readonly<Record<EngineName, (bytes: Uint8Array, path: string) => Promise<Infer>>> = {
  facelatch: openOurs,
  "tfjs-tflite-node": openPackage,
  "onnxruntime-node": openOnnxRuntime,
  "tfjs-wasm": openTfjsWasm,
  "litert-js": openLiteRt,
};

/** Opens the model of a .tflite file in an engine; throws where the engine is missing or cannot run it. */
export async function openInEngine(engine: EngineName, path: string): Promise<Infer> {
  return openers[engine](new Uint8Array(await readFile(path)), path);
}

/** The same values in every engine: pictures from -1 to 1, or any stored ones. */
function inputValues({ shape, type }: GraphTensor) {
  const random = seededRandom(1);
  const values = Float32Array.from({ length: countValues(shape) }, () => 2 * random.next() - 1);
  if (type === "int8") return Int8Array.from(values, (value) => value * 127);
  return type === "uint8" ? Uint8Array.from(values, (value) => (value + 1) * 127) : values;
}

function inputsOf(graph: Graph): GraphTensor[] {
  return graph.inputs.map((input) => graph.tensors[input]!);
}

/** The engine of the device: XNNPACK, one thread. */
async function openOurs(bytes: Uint8Array): Promise<Infer> {
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  if (engine.warning !== null) throw new Error(engine.warning);
  const model = engine.load(bytes);
  const inputs = inputsOf(readTflite(bytes)).map(inputValues);
  return () => {
    for (const [i, values] of inputs.entries()) model.inputs[i]!.data.set(values);
    model.infer();
  };
}

interface PackageModel {
  predict(input: tf.Tensor): tf.Tensor | Readonly<Record<string, tf.Tensor>>;
}

/** The package as its README uses it: its own loader, 4 threads, tensors of TensorFlow.js in and out. */
async function openPackage(bytes: Uint8Array, path: string): Promise<Infer> {
  const { loadTFLiteModel } = require("tfjs-tflite-node") as { loadTFLiteModel(path: string): Promise<PackageModel> };
  await useMemoryBackend();
  const model = await loadTFLiteModel(path);
  const [input] = inputsOf(readTflite(bytes));
  const values = inputValues(input!);
  return () => {
    const tensor = tf.tensor(values, [...input!.shape], input!.type === "float32" ? "float32" : "int32");
    const result = model.predict(tensor);
    const outputs = "dataSync" in result ? [result as tf.Tensor] : Object.values(result);
    for (const output of outputs) output.dataSync();
    tf.dispose([tensor, outputs]);
  };
}

function floatGraph(bytes: Uint8Array): Graph {
  const graph = widenConstants(readTflite(bytes));
  const other = graph.tensors.find(({ type }) => type !== "float32" && type !== "int32");
  if (other !== undefined) throw new Error(`it runs float32 alone here, and ${other.name} is ${other.type}`);
  return graph;
}

interface OnnxRuntime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      run(feeds: object): Promise<object>;
    }>;
  };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
}

/** The same network as an ONNX file, on one thread. */
async function openOnnxRuntime(bytes: Uint8Array): Promise<Infer> {
  const graph = floatGraph(bytes);
  const file = writeOnnx(graph);
  if (file === null) throw new Error("the benchmark cannot express this model as ONNX");
  const { InferenceSession, Tensor } = require("onnxruntime-node") as OnnxRuntime;
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const feeds = Object.fromEntries(
    inputsOf(graph).map((tensor, i) => [
      session.inputNames[i]!,
      new Tensor("float32", inputValues(tensor) as Float32Array, tensor.shape),
    ]),
  );
  return () => session.run(feeds);
}

async function openTfjsWasm(bytes: Uint8Array): Promise<Infer> {
  await useWasmBackend();
  const graph = floatGraph(bytes);
  const run = openTfjsGraph(graph);
  if (run === null) throw new Error("the benchmark cannot run this model's operations on TensorFlow.js");
  const inputs = inputsOf(graph).map((tensor) => inputValues(tensor) as Float32Array);
  return () => run(inputs);
}

interface LiteRtTensor {
  data(): Promise<unknown>;
  delete(): void;
}

interface LiteRt {
  loadLiteRt(path: string): Promise<unknown>;
  loadAndCompile(
    model: Uint8Array,
    options: { accelerator: "wasm" },
  ): Promise<{ run(inputs: readonly LiteRtTensor[]): Promise<readonly LiteRtTensor[]> }>;
  readonly Tensor: new (data: Float32Array | Uint8Array | Int8Array, shape: readonly number[]) => LiteRtTensor;
}

/** LiteRT.js is made for browsers: it finds its loader through importScripts, as in a worker. */
async function openLiteRt(bytes: Uint8Array): Promise<Infer> {
  const folder = join(dirname(require.resolve("@litertjs/core")), "../wasm");
  // The compatible build, without relaxed SIMD, runs on every supported version of Node.
  const name = "litert_wasm_compat_internal";
  const loader = await readFile(join(folder, `${name}.js`), "utf8");
  Object.assign(globalThis, {
    self: globalThis,
    require,
    __dirname: folder,
    __filename: join(folder, `${name}.js`),
    Module: { wasmBinary: await readFile(join(folder, `${name}.wasm`)), print: () => {}, printErr: () => {} },
    importScripts: () => runInThisContext(`${loader};globalThis.ModuleFactory = ModuleFactory;`),
  });
  const specifier: string = "@litertjs/core";
  const { loadLiteRt, loadAndCompile, Tensor } = (await import(specifier)) as LiteRt;
  await loadLiteRt(join(folder, `${name}.js`));
  const model = await loadAndCompile(bytes, { accelerator: "wasm" });
  const inputs = inputsOf(readTflite(bytes)).map((tensor) => ({ values: inputValues(tensor), shape: tensor.shape }));
  return async () => {
    const tensors = inputs.map(({ values, shape }) => new Tensor(values, shape));
    const outputs = await model.run(tensors);
    for (const output of outputs) await output.data();
    for (const tensor of [...tensors, ...outputs]) tensor.delete();
  };
}
