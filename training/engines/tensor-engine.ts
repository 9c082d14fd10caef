// Starts one of TensorFlow.js' backends in this process: native TensorFlow, WebGPU, or wasm.
import nodeUtil from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { messageOf } from "../../device/errors/errors.ts";
import { useWasmBackend } from "../tensor-backend.ts";
import { type AvailableEngine, type TensorEngineName, unavailable } from "./engine.ts";
import { registerWasmGradients } from "./wasm-gradients.ts";
import { startWebGpu, watchDevice } from "./webgpu.ts";

const openers: Readonly<Record<TensorEngineName, () => Promise<AvailableEngine>>> = {
  "tfjs-node": openTfjsNode,
  webgpu: openWebGpu,
  wasm: openWasm,
};

/**
 * Makes the engine's backend the current one of TensorFlow.js.
 *
 * @throws FacelatchError ENGINE_UNAVAILABLE with the reason
 */
export async function useTensorEngine(name: TensorEngineName): Promise<AvailableEngine> {
  return openers[name]();
}

const nodePackages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

/** Which of the two is installed, the one for GPUs first. */
async function openTfjsNode(): Promise<AvailableEngine> {
  restoreRemovedFunctions();
  const reasons: string[] = [];
  for (const name of nodePackages) {
    try {
      const { version } = (await import(name)) as { readonly version: Readonly<Record<string, string>> };
      await select("tensorflow", "tfjs-node");
      const { isUsingGpuDevice } = tf.backend() as unknown as { readonly isUsingGpuDevice?: boolean };
      const hardware = isUsingGpuDevice === true ? "gpu" : "cpu";
      const detail = `${name} ${version["tfjs-node"] ?? ""} on the ${hardware.toUpperCase()}`;
      return { engine: "tfjs-node", available: true, hardware, detail, warning: null };
    } catch (cause) {
      // From where it was imported is nobody's concern.
      reasons.push(
        messageOf(cause)
          .split("\n")[0]!
          .replace(/ imported from .*/, ""),
      );
    }
  }
  // The first package is rarely wanted, so its absence explains nothing.
  throw unavailable(
    "tfjs-node",
    reasons.at(-1)!,
    "Install it with `npm install @tensorflow/tfjs-node`, which downloads libtensorflow.",
  );
}

/** Node 23 removed what tfjs-node 4.22 calls. */
export function restoreRemovedFunctions(): void {
  const util = nodeUtil as unknown as Record<string, unknown>;
  util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  util["isArray"] ??= Array.isArray;
}

async function openWebGpu(): Promise<AvailableEngine> {
  const adapter = await startWebGpu();
  await import("@tensorflow/tfjs-backend-webgpu");
  await select("webgpu", "webgpu");
  watchDevice((tf.backend() as unknown as { readonly device: Parameters<typeof watchDevice>[0] }).device);
  return {
    engine: "webgpu",
    available: true,
    hardware: adapter.isEmulated ? "emulated-gpu" : "gpu",
    detail: `WebGPU (Dawn) on ${adapter.description}`,
    warning: adapter.isEmulated ? "The adapter is a program, not a GPU: it serves tests only." : null,
  };
}

async function openWasm(): Promise<AvailableEngine> {
  await useWasmBackend();
  registerWasmGradients();
  return {
    engine: "wasm",
    available: true,
    hardware: "cpu",
    detail: "TensorFlow.js wasm, one thread, with faster and further gradients",
    warning: null,
  };
}

async function select(backend: string, engine: TensorEngineName): Promise<void> {
  if (tf.getBackend() === backend || (await tf.setBackend(backend))) return;
  throw unavailable(engine, "a backend that did not start", "Choose another engine with --engine.");
}
