// The trained three-class network as int8, on shared photos and ImageNet weights: the gate's figures, size and speed.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { percentilesOf } from "../../device/bench/percentiles.ts";
import type { Model } from "../../device/vision/engine.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { calibrate, quantizeGraph } from "../../training/convert/convert.ts";
import { readTflite } from "../../training/convert/tflite-reader.ts";
import { agreementMin, farGrowthMax } from "../../training/model-files/accuracy-gate.ts";
import { inspectTflite } from "../../training/model-files/inspect-file.ts";
import { runFolder } from "../../training/run/run-folder.ts";
import { train } from "../../training/train.ts";
import { randomValues } from "../training/convert/random-weights.ts";
import { silentProgress } from "../training/silent-progress.ts";
import { sharedPath } from "./pictures.ts";

const int8BytesMax = 2.8e6;
const rounds = 60;

const quiet = silentProgress();

/** Medians of inferences in turns, in ms. */
function medians(models: readonly Model[]): number[] {
  const ms = models.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, model] of models.entries()) {
      const startMs = performance.now();
      model.infer();
      ms[i]!.push(performance.now() - startMs);
    }
  }
  return ms.map((times) => percentilesOf(times).p50);
}

test("the gate chooses int8 for the bundle exactly when its figures allow it", async (t) => {
  const runDir = await mkdtemp(join(tmpdir(), "facelatch-int8-"));
  t.after(() => rm(runDir, { recursive: true }));
  const record = await train({
    dataDir: sharedPath("data", "sets"),
    weights: sharedPath("weights", "mobilenet_v2_imagenet_npy"),
    ownerLabel: "Owner",
    runDir,
    seed: 1,
    epochsMax: 40,
    patience: 10,
    quantize: "auto",
    progress: quiet,
  });
  const { precision } = record;
  assert.ok(precision !== null && precision.far !== null);
  const { agreement, far, bytes, chosen, reasons, layers } = precision;
  t.diagnostic(`agreement ${agreement.value} of ${agreement.n}, FAR ${far.float32.value} to ${far.int8.value}`);
  t.diagnostic(`${bytes.float32} to ${bytes.int8} bytes, calibrated by ${precision.calibration}; chosen ${chosen}`);
  for (const { name, kind, snrDb, lostDb } of layers.slice(0, 5)) {
    t.diagnostic(`${kind} ${name}: ${lostDb} dB lost, ${snrDb} dB left`);
  }
  const allowed = agreement.value >= agreementMin && far.int8.value <= far.float32.value * farGrowthMax;
  assert.equal(chosen, allowed ? "int8" : "float32", reasons.join("; "));
  assert.equal(reasons.length === 0, allowed);
  assert.ok(bytes.int8 <= int8BytesMax, `${bytes.int8} bytes`);
  const shipped = await readFile(join(runDir, runFolder.classifier));
  const inspection = inspectTflite(shipped);
  assert.equal(inspection.kinds.QUANTIZE !== undefined, chosen === "int8");
  assert.deepEqual(inspection.metadata?.labels, ["Owner", "Others", "Objects"]);
  if (chosen === "int8") return;
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const graph = readTflite(shipped);
  const ranges = calibrate(graph, engine, [[randomValues(240 * 240 * 3, 1)]], { kind: "minMax" });
  const int8 = engine.load(quantizeGraph(graph, ranges, { io: "float32" }).bytes);
  const [float32Ms, int8Ms] = medians([engine.load(shipped), int8]);
  t.diagnostic(`p50 ${float32Ms} ms as float32, ${int8Ms} ms as int8: ${(float32Ms! / int8Ms!).toFixed(2)} times`);
});
