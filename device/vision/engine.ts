// The port of an inference runtime: a model's bytes go in, typed arrays come out.

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int8" | "uint8" | "int32";
  /** The tensor's own memory: written before `infer`, read after it. */
  readonly data: Float32Array | Int8Array | Uint8Array | Int32Array;
}

export interface Model {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Runs the graph; blocks the thread. Throws MODEL_INVALID when the runtime fails. */
  infer(): void;
}

export interface Engine {
  readonly name: "xnnpack" | "plain";
  /** Why this engine is slower than it could be; null when it is not. */
  readonly warning: string | null;
  /** Throws MODEL_INVALID. The bytes are copied. */
  load(bytes: Uint8Array): Model;
}
