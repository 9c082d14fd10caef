// What the benchmark and a process that trains a head say to each other.
import type { TensorEngineName } from "../engines/engine.ts";

/** `tfjs-wasm` is TensorFlow.js' backend as it comes. */
export type HeadEngine = TensorEngineName | "tfjs-wasm";

export type HeadRequest =
  | { readonly type: "open"; readonly engine: HeadEngine; readonly width: number }
  | { readonly type: "train"; readonly steps: number };

export type HeadReply =
  | { readonly type: "opened" }
  | { readonly type: "unable"; readonly reason: string }
  | { readonly type: "trained"; readonly rows: number; readonly ms: number; readonly peakRssBytes: number };

export const headBatch = 64;
