// The port of training-time compute: which engines there are, and what one that was found says of itself.
import { FacelatchError } from "../../device/errors/errors.ts";

/** In the order of preference where several are equally good. */
export const engineNames = ["tfjs-node", "webgpu", "tflite", "wasm"] as const;
export type EngineName = (typeof engineNames)[number];

/** Engines that compute gradients; `tflite` only infers. */
export type TensorEngineName = Exclude<EngineName, "tflite">;

/** What an engine computes on. */
export type Hardware = "gpu" | "cpu" | "emulated-gpu";

export type EngineReport =
  | {
      readonly engine: EngineName;
      readonly available: true;
      readonly hardware: Hardware;
      /** For people: version, adapter, number of processes. */
      readonly detail: string;
      /** Why it is slower than it could be; null when it is not. */
      readonly warning: string | null;
    }
  | { readonly engine: EngineName; readonly available: false; readonly reason: string };

export type AvailableEngine = Extract<EngineReport, { available: true }>;

export function unavailable(engine: string, found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("ENGINE_UNAVAILABLE", { expected: `the training engine ${engine}`, found, next, cause });
}
