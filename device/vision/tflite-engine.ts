// The TensorFlow Lite engine: tfjs-tflite-node's interpreter with the XNNPACK delegate applied.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { packageRoot } from "../installation/installation.ts";
import type { Engine, Model, Tensor } from "./engine.ts";

interface NativeTensor {
  readonly name: string;
  /** Dimensions, separated by commas. */
  readonly shape: string;
  readonly dataType: string;
  data(): Float32Array | Int8Array | Uint8Array | Int32Array;
}

interface NativeInterpreter {
  getInputs(): NativeTensor[];
  getOutputs(): NativeTensor[];
  infer(): boolean;
}

interface NativeOptions {
  readonly threads: number;
  readonly delegate?: { readonly path: string; readonly options: readonly (readonly [string, string])[] };
}

type InterpreterClass = new (model: ArrayBuffer, options: NativeOptions) => NativeInterpreter;

const require = createRequire(import.meta.url);

/** The addon alone: the package's main file loads TensorFlow.js as well, which the hot path has no use for. */
function loadAddon(): InterpreterClass {
  const folder = dirname(require.resolve("tfjs-tflite-node/package.json"));
  try {
    return (require(join(folder, "build/Release/node_tflite_binding.node")) as { Interpreter: InterpreterClass })
      .Interpreter;
  } catch (cause) {
    throw new FacelatchError("VISION_UNAVAILABLE", {
      expected: "the native part of tfjs-tflite-node",
      found: messageOf(cause),
      next: "Install a C++ compiler, python3 and make, then run `npm rebuild tfjs-tflite-node`.",
      cause,
    });
  }
}

/** Where node-gyp leaves the delegate plugin. */
function delegatePath(): string {
  return join(packageRoot, "device/vision/xnnpack/build/Release/libxnnpack_delegate.so");
}

export interface TfliteEngineOptions {
  /** Of the plain engine, 1 to 64; XNNPACK runs on one, for more were slower on a busy machine. */
  readonly threads: number;
  /** "auto" applies XNNPACK where its plugin was built. */
  readonly delegate: "auto" | "none";
}

/** Throws VISION_UNAVAILABLE where the runtime itself is not installed. */
export function openTfliteEngine(options: TfliteEngineOptions): Engine {
  const Interpreter = loadAddon();
  const path = delegatePath();
  const accelerated = options.delegate === "auto" && existsSync(path);
  const warning =
    options.delegate === "auto" && !accelerated
      ? "The XNNPACK delegate is missing: inference is several times slower. Install a C compiler, then `npm run install`."
      : null;
  const nativeOptions: NativeOptions = accelerated
    ? { threads: 1, delegate: { path, options: [] } }
    : { threads: options.threads };
  return {
    name: accelerated ? "xnnpack" : "plain",
    warning,
    load: (bytes) => loadModel(Interpreter, nativeOptions, bytes),
  };
}

function invalidModel(found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("MODEL_INVALID", {
    expected: "a TensorFlow Lite model that this runtime can execute",
    found,
    next: "Convert the model again, or install another bundle.",
    cause,
  });
}

function loadModel(Interpreter: InterpreterClass, options: NativeOptions, bytes: Uint8Array): Model {
  // The runtime reads offsets before it checks the identifier; anything else is refused here.
  if (bytes.byteLength < 8 || String.fromCharCode(...bytes.subarray(4, 8)) !== "TFL3") {
    throw invalidModel(`${bytes.byteLength} bytes without the identifier TFL3`);
  }
  let native: NativeInterpreter;
  try {
    native = new Interpreter(bytes.slice().buffer, options);
  } catch (cause) {
    throw invalidModel(messageOf(cause).replace(/[.\s]+$/, ""), cause);
  }
  return {
    inputs: native.getInputs().map(readTensor),
    outputs: native.getOutputs().map(readTensor),
    infer: () => {
      if (!native.infer()) throw invalidModel("an inference that failed");
    },
  };
}

function readTensor(native: NativeTensor): Tensor {
  const dtype = native.dataType;
  if (dtype !== "float32" && dtype !== "int8" && dtype !== "uint8" && dtype !== "int32") {
    throw invalidModel(`a tensor of type ${dtype}`);
  }
  const shape = native.shape === "" ? [] : native.shape.split(",").map(Number);
  return { name: native.name, shape, dtype, data: native.data() };
}
