// Which engines this machine has, and which of them a training uses.
import { fork } from "node:child_process";
import { FacelatchError } from "../../device/errors/errors.ts";
import { siblingModule } from "../../device/installation/installation.ts";
import {
  type AvailableEngine,
  type EngineName,
  type EngineReport,
  engineNames,
  type TensorEngineName,
} from "./engine.ts";

/** Drivers that compile their programs take seconds for the first. */
const probeTimeoutMs = 60_000;

/** Tries every engine, each in a process of its own. */
export async function findEngines(): Promise<EngineReport[]> {
  return Promise.all(engineNames.map(probeEngine));
}

async function probeEngine(engine: EngineName): Promise<EngineReport> {
  const child = fork(siblingModule(import.meta.filename, "probe-worker"), [engine], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), probeTimeoutMs);
  let report: EngineReport | null = null;
  child.on("message", (message: EngineReport) => {
    report = message;
  });
  return new Promise((resolve) => {
    const end = (how: string) => {
      clearTimeout(timer);
      resolve(report ?? { engine, available: false, reason: `a trial of it ended with ${how}` });
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
  });
}

export interface ChosenEngines {
  /** Extracts features: no gradients. */
  readonly features: AvailableEngine;
  /** Trains: gradients. */
  readonly training: AvailableEngine & { readonly engine: TensorEngineName };
  /** Trains a head on features: a small matter, whose results are read at once, as WebGPU cannot. */
  readonly head: ChosenEngines["training"];
  /** One line for people, also for the record of a run. */
  readonly description: string;
}

const featuresOrder: readonly ((engine: AvailableEngine) => boolean)[] = [
  ({ hardware }) => hardware === "gpu",
  // Several processes with XNNPACK are faster than native TensorFlow on the same cores.
  ({ engine, warning }) => engine === "tflite" && warning === null,
  ({ engine }) => engine === "tfjs-node",
  ({ engine }) => engine === "tflite",
  ({ engine }) => engine === "wasm",
];

const trainingOrder: readonly ((engine: AvailableEngine) => boolean)[] = [
  ({ engine, hardware }) => engine !== "tflite" && hardware === "gpu",
  ({ engine }) => engine === "tfjs-node",
  ({ engine }) => engine === "wasm",
];

const headOrder: typeof trainingOrder = [({ engine }) => engine === "tfjs-node", ({ engine }) => engine === "wasm"];

/**
 * The engines of a training. An emulated GPU is taken only when it is forced.
 *
 * @param wanted `auto`, or the engine that must be used for all it can do
 * @throws FacelatchError ENGINE_UNAVAILABLE with the reason
 */
export function chooseEngines(wanted: EngineName | "auto", found: readonly EngineReport[]): ChosenEngines {
  const available = found.filter((report) => report.available);
  const forced = wanted === "auto" ? null : findForced(wanted, found);
  const features = forced ?? firstOf(featuresOrder, available);
  const training = forced !== null && forced.engine !== "tflite" ? forced : firstOf(trainingOrder, available);
  if (features === null || training === null) {
    throw new FacelatchError("ENGINE_UNAVAILABLE", {
      expected: "an engine to train with",
      found: found
        .map((report) => (report.available ? report.engine : `${report.engine}: ${report.reason}`))
        .join("; "),
      next: "Run `npm ci` to restore the packages of package-lock.json.",
    });
  }
  const head = training.engine === "webgpu" ? firstOf(headOrder, available)! : training;
  const description = `features: ${features.engine} (${features.detail}); training: ${training.engine} (${training.detail})`;
  return {
    features,
    training: training as ChosenEngines["training"],
    head: head as ChosenEngines["training"],
    description: head === training ? description : `${description}; head: ${head.engine} (${head.detail})`,
  };
}

function findForced(wanted: EngineName, found: readonly EngineReport[]): AvailableEngine {
  const report = found.find(({ engine }) => engine === wanted);
  if (report?.available === true) return report;
  throw new FacelatchError("ENGINE_UNAVAILABLE", {
    expected: `the engine ${wanted}`,
    found: report?.reason ?? "no trial of it",
    next: "Leave --engine out to take the best of those that work here.",
  });
}

function firstOf(
  order: readonly ((engine: AvailableEngine) => boolean)[],
  available: readonly AvailableEngine[],
): AvailableEngine | null {
  for (const fits of order) {
    const found = available.find(fits);
    if (found !== undefined) return found;
  }
  return null;
}
