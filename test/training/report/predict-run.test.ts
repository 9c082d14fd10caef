// A run's classifier on its prepared pictures, by the real engine.
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { indexOfMax } from "../../../training/metrics.ts";
import { predictRun } from "../../../training/report/predict-run.ts";
import { reportRun } from "../../../training/report/report-run.ts";
import { classifierFile, makeSmallBundle } from "../../fixtures/small-bundle.ts";
import { silentProgress } from "../silent-progress.ts";
import { makeRunFolder, randomPredictions, reportDataOf } from "./small-run.ts";

const predictions = randomPredictions(1, 0);
const { record } = reportDataOf(predictions);

let runDir = "";

before(async () => {
  runDir = await makeRunFolder(predictions);
  const { files } = await makeSmallBundle();
  await writeFile(join(runDir, classifierFile), files.get(classifierFile)!);
});

after(() => rm(runDir, { recursive: true, force: true }));

it("every prepared picture is scored in its split, and its folder is its class", async () => {
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const found = await predictRun({ runDir, record, engine, progress: silentProgress() });
  for (const split of ["train", "validation", "test"] as const) {
    const named = (list: readonly { picture: string; truth: number }[]) =>
      list.map(({ picture, truth }) => `${picture} ${truth}`).sort();
    assert.deepEqual(named(found[split]), named(predictions[split]));
    for (const { truth, scores } of found[split]) {
      assert.equal(indexOfMax(scores), truth);
      assert.ok(Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-5);
    }
  }
});

it("a folder without a finished run is named", async () => {
  await assert.rejects(
    reportRun({ runDir: join(runDir, "none"), beforeDir: null, dataDir: null, progress: silentProgress() }),
    { code: "INPUT_MISSING" },
  );
});
