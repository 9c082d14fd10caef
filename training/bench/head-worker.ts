// Trains the notebook's head on made-up features in a process of its own: how many rows a second an engine trains on.
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { messageOf } from "../../device/errors/errors.ts";
import { useTensorEngine } from "../engines/tensor-engine.ts";
import { seededRandom } from "../seeded-random.ts";
import { useWasmBackend } from "../tensor-backend.ts";
import { type HeadEngine, type HeadReply, type HeadRequest, headBatch } from "./head-messages.ts";

const classes = 3;

async function open(engine: HeadEngine, width: number): Promise<() => Promise<void>> {
  if (engine === "tfjs-wasm") await useWasmBackend();
  else await useTensorEngine(engine);
  const input = layers.input({ shape: [width] });
  const hidden = layers.layers.dense({ units: 200, activation: "relu" }).apply(input);
  const scores = layers.layers.dense({ units: classes, activation: "softmax" }).apply(hidden) as layers.SymbolicTensor;
  const model = layers.model({ inputs: input, outputs: scores });
  model.compile({ optimizer: tf.train.adam(5e-4), loss: "categoricalCrossentropy" });
  const random = seededRandom(1);
  const rows = Float32Array.from({ length: headBatch * width }, () => random.next());
  const labels = new Float32Array(headBatch * classes);
  for (let row = 0; row < headBatch; row++) labels[row * classes + (row % classes)] = 1;
  return async () => {
    // With the upload of the batch, as in a training.
    const x = tf.tensor2d(rows.slice(), [headBatch, width]);
    const y = tf.tensor2d(labels.slice(), [headBatch, classes]);
    await model.trainOnBatch(x, y);
    tf.dispose([x, y]);
  };
}

let step: (() => Promise<void>) | null = null;

async function answer(request: HeadRequest): Promise<HeadReply> {
  try {
    if (request.type === "open") {
      step = await open(request.engine, request.width);
      await step();
      return { type: "opened" };
    }
    if (step === null) throw new Error("train before open");
    const startMs = performance.now();
    for (let done = 0; done < request.steps; done++) await step();
    const ms = performance.now() - startMs;
    // In kilobytes, whatever the platform.
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    return { type: "trained", rows: request.steps * headBatch, ms, peakRssBytes };
  } catch (error) {
    return { type: "unable", reason: messageOf(error).split("\n")[0]! };
  }
}

process.on("message", (request: HeadRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit(0));
