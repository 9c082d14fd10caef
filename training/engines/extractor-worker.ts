// One process that extracts features: the TensorFlow Lite addon aborts in threads, and a crash here ends nothing else.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import type { RgbImage } from "../../device/bundle/image.ts";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import { floatTensor } from "../../device/vision/float-tensor.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { readLayersModel } from "../model-files/layers-model-file.ts";
import { answerQuestions } from "../processes/answer-questions.ts";
import type { ExtractorReply, ExtractorRequest, StartRequest } from "./extractor-messages.ts";
import type { Preparer } from "./preparer.ts";
import { useTensorEngine } from "./tensor-engine.ts";
import { throwOnDeviceFault } from "./webgpu.ts";

interface Network {
  readonly detail: string;
  readonly warning: string | null;
  /** Computes the first `count` pictures of `input`, [batchSize, ...input.shape]; gives [count, width], to be copied. */
  infer(count: number): Promise<Float32Array>;
  readonly input: Float32Array;
}

interface Extractor {
  readonly request: StartRequest;
  readonly network: Network;
  readonly prepare: Preparer;
}

async function open(request: StartRequest): Promise<Extractor> {
  const module = (await import(pathToFileURL(request.preparerModule).href)) as {
    openPreparer?(options: unknown): Preparer | Promise<Preparer>;
  };
  if (module.openPreparer === undefined) throw new Error(`${request.preparerModule} exports no openPreparer`);
  const prepare = await module.openPreparer(request.preparerOptions);
  const network = request.engine === "tflite" ? await openTflite(request) : await openLayers(request, request.engine);
  return { request, network, prepare };
}

async function openTflite({ modelPath, input, width, batchSize }: StartRequest): Promise<Network> {
  if (batchSize !== 1) throw new Error(`a batch of ${batchSize} for a file made for one picture`);
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const model = engine.load(await readFile(modelPath));
  const output = model.outputs[0]!.data;
  if (!(output instanceof Float32Array) || output.length !== width) {
    throw new Error(`an output of ${output.length} values where ${width} are expected`);
  }
  return {
    detail: `TensorFlow Lite, ${engine.name}`,
    warning: engine.warning,
    input: floatTensor(model.inputs, input.shape),
    infer: async () => {
      model.infer();
      return output;
    },
  };
}

async function openLayers(
  { modelPath, input, batchSize }: StartRequest,
  engine: Exclude<StartRequest["engine"], "tflite">,
): Promise<Network> {
  const { detail, warning } = await useTensorEngine(engine);
  const model = await readLayersModel(modelPath);
  const [, heightPx, widthPx, channels] = input.shape;
  const pictureValues = heightPx * widthPx * channels;
  const values = new Float32Array(batchSize * pictureValues);
  return {
    detail,
    warning,
    input: values,
    infer: async (count) => {
      const x = tf.tensor4d(values.slice(0, count * pictureValues), [count, heightPx, widthPx, channels]);
      const y = model.predict(x) as tf.Tensor;
      const result = (await y.data()) as Float32Array;
      tf.dispose([x, y]);
      throwOnDeviceFault();
      return result;
    },
  };
}

async function extract(
  { request, network, prepare }: Extractor,
  id: number,
  tasks: readonly unknown[],
): Promise<ExtractorReply> {
  const { input, width, batchSize } = request;
  const pictureValues = network.input.length / batchSize;
  const parts: Float32Array[] = [];
  const counts: number[] = [];
  let waiting = 0;
  const flush = async () => {
    if (waiting > 0) parts.push((await network.infer(waiting)).slice(0, waiting * width));
    waiting = 0;
  };
  const add = async (image: RgbImage) => {
    const { widthPx, heightPx } = image;
    const target = network.input.subarray(waiting * pictureValues, (waiting + 1) * pictureValues);
    fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, input, target);
    if (++waiting === batchSize) await flush();
  };
  for (const task of tasks) {
    let count = 0;
    for await (const image of prepare(task)) {
      await add(image);
      count++;
    }
    counts.push(count);
  }
  await flush();
  const values = parts.length === 1 ? parts[0]! : joined(parts);
  // In kilobytes, whatever the platform.
  return { type: "rows", id, values, counts, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

let extractor: Promise<Extractor> | null = null;

answerQuestions<ExtractorRequest, ExtractorReply>(
  async (request) => {
    if (request.type === "start") {
      extractor = open(request);
      const { network } = await extractor;
      return { type: "ready", detail: network.detail, warning: network.warning };
    }
    if (extractor === null) throw new Error("extract before start");
    return extract(await extractor, request.id, request.tasks);
  },
  { expected: "features of pictures", next: "Choose another engine with --engine." },
);
