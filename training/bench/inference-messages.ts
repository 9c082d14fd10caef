// What the benchmark and the process of one engine say to each other.

export const engineNames = ["facelatch", "tfjs-tflite-node", "onnxruntime-node", "tfjs-wasm", "litert-js"] as const;
export type EngineName = (typeof engineNames)[number];

export type InferenceRequest =
  | { readonly type: "open"; readonly engine: EngineName; readonly path: string }
  /** Runs so many inferences in a row. */
  | { readonly type: "run"; readonly count: number };

export type InferenceReply =
  | { readonly type: "opened" }
  /** The engine is not installed, or cannot run this model. */
  | { readonly type: "unable"; readonly reason: string }
  | { readonly type: "ran"; readonly ms: readonly number[]; readonly rssBytes: number };
