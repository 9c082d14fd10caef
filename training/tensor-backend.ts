// The TensorFlow.js backends: wasm, which every machine has, and plain memory, which holds weights without a copy.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { FacelatchError } from "../device/errors/errors.ts";

/** Makes the wasm backend the current one: it computes. Throws TRAINING_FAILED where it does not start. */
export async function useWasmBackend(): Promise<void> {
  if (tf.getBackend() === "wasm") return;
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  await use("wasm");
}

/**
 * Makes the backend in plain JavaScript the current one: weights stay the arrays that they were read into, where wasm
 * would copy them. Tensors move by themselves when another backend computes with them.
 */
export async function useMemoryBackend(): Promise<void> {
  await use("cpu");
}

async function use(name: "wasm" | "cpu"): Promise<void> {
  if (tf.getBackend() === name || (await tf.setBackend(name))) return;
  throw new FacelatchError("TRAINING_FAILED", {
    expected: `the ${name} backend of TensorFlow.js`,
    found: "a backend that did not start",
    next: "Run `npm ci` to restore the packages of package-lock.json.",
  });
}
