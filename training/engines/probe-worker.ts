// Tries one engine in a process of its own: a broken driver or addon may end it, and nothing else.
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import type { EngineName, EngineReport } from "./engine.ts";
import { useTensorEngine } from "./tensor-engine.ts";

async function probe(engine: EngineName): Promise<EngineReport> {
  try {
    if (engine !== "tflite") return await useTensorEngine(engine);
    const { name, warning } = openTfliteEngine({ threads: 1, delegate: "auto" });
    return { engine, available: true, hardware: "cpu", detail: `TensorFlow Lite, ${name}`, warning };
  } catch (error) {
    const found = error instanceof FacelatchError ? `${error.detail.found}. ${error.detail.next}` : messageOf(error);
    return { engine, available: false, reason: found.split("\n")[0]! };
  }
}

const report = await probe(process.argv[2] as EngineName);
process.send?.(report, () => process.exit(0));
