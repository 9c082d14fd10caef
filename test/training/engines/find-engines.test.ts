// The engines of this machine are found, the best are chosen, and a forced one is used or refused with its reason.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type EngineReport, engineNames } from "../../../training/engines/engine.ts";
import { chooseEngines, findEngines } from "../../../training/engines/find-engines.ts";
import { restoreRemovedFunctions } from "../../../training/engines/tensor-engine.ts";

let found: EngineReport[] = [];
before(async () => {
  found = await findEngines();
});

const cpu = (engine: EngineReport["engine"], warning: string | null = null): EngineReport => ({
  engine,
  available: true,
  hardware: "cpu",
  detail: engine,
  warning,
});
const gpu = (engine: EngineReport["engine"]): EngineReport => ({ ...cpu(engine), hardware: "gpu" }) as EngineReport;
const absent = (engine: EngineReport["engine"]): EngineReport => ({ engine, available: false, reason: "not there" });

test("every engine is found or absent with a reason; wasm and TensorFlow Lite are everywhere", () => {
  assert.deepEqual(
    found.map(({ engine }) => engine),
    [...engineNames],
  );
  for (const report of found) assert.ok(report.available ? report.detail : report.reason.length > 10, report.engine);
  for (const engine of ["tflite", "wasm"]) {
    assert.ok(found.find((report) => report.engine === engine)?.available, engine);
  }
});

test("without a GPU, TensorFlow Lite extracts, and what computes gradients trains", () => {
  const { features, training, description } = chooseEngines("auto", [
    absent("tfjs-node"),
    { ...cpu("webgpu"), hardware: "emulated-gpu" } as EngineReport,
    cpu("tflite"),
    cpu("wasm"),
  ]);
  assert.deepEqual([features.engine, training.engine], ["tflite", "wasm"]);
  assert.match(description, /features: tflite .*training: wasm/);
});

test("a GPU does both, native TensorFlow trains on the CPU, and a slow TensorFlow Lite steps back", () => {
  const chosen = (reports: EngineReport[]) => {
    const { features, training, head } = chooseEngines("auto", reports);
    // Results of a head are read at once, as WebGPU cannot.
    assert.equal(head.engine, training.engine === "webgpu" ? "wasm" : training.engine);
    return [features.engine, training.engine];
  };
  assert.deepEqual(chosen([absent("tfjs-node"), gpu("webgpu"), cpu("tflite"), cpu("wasm")]), ["webgpu", "webgpu"]);
  assert.deepEqual(chosen([gpu("tfjs-node"), gpu("webgpu"), cpu("tflite"), cpu("wasm")]), ["tfjs-node", "tfjs-node"]);
  assert.deepEqual(chosen([cpu("tfjs-node"), absent("webgpu"), cpu("tflite"), cpu("wasm")]), ["tflite", "tfjs-node"]);
  assert.deepEqual(chosen([cpu("tfjs-node"), absent("webgpu"), cpu("tflite", "slow"), cpu("wasm")]), [
    "tfjs-node",
    "tfjs-node",
  ]);
  assert.deepEqual(chosen([absent("tfjs-node"), absent("webgpu"), cpu("tflite", "slow"), cpu("wasm")]), [
    "tflite",
    "wasm",
  ]);
});

test("a forced engine does all that it can, and one that is absent says why", () => {
  const reports = [absent("tfjs-node"), gpu("webgpu"), cpu("tflite"), cpu("wasm")];
  const wasm = chooseEngines("wasm", reports);
  assert.deepEqual([wasm.features.engine, wasm.training.engine], ["wasm", "wasm"]);
  const tflite = chooseEngines("tflite", reports);
  assert.deepEqual([tflite.features.engine, tflite.training.engine], ["tflite", "webgpu"]);
  assert.throws(() => chooseEngines("tfjs-node", reports), { code: "ENGINE_UNAVAILABLE", message: /not there/ });
  assert.throws(() => chooseEngines("auto", reports.slice(0, 1)), { code: "ENGINE_UNAVAILABLE" });
});

test("what Node 23 removed is there again, as it was", async () => {
  restoreRemovedFunctions();
  const util = (await import("node:util")).default as unknown as Record<string, (value: unknown) => boolean>;
  assert.deepEqual(
    [null, undefined, 0, ""].map((value) => util["isNullOrUndefined"]!(value)),
    [true, true, false, false],
  );
  assert.deepEqual([util["isArray"]!([]), util["isArray"]!({})], [true, false]);
});
