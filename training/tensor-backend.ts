// The TensorFlow.js backend that trains heads: wasm, which every machine has.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { FacelatchError } from "../device/errors/errors.ts";

/** Makes the wasm backend the current one. Throws TRAINING_FAILED where it does not start. */
export async function useWasmBackend(): Promise<void> {
  if (tf.getBackend() === "wasm") return;
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  if (await tf.setBackend("wasm")) return;
  throw new FacelatchError("TRAINING_FAILED", {
    expected: "the wasm backend of TensorFlow.js",
    found: "a backend that did not start",
    next: "Run `npm ci` to restore the packages of package-lock.json.",
  });
}
