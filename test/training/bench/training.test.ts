// The benchmark of training engines measures those that are here, and says why the others are not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { benchTraining, describeTrainingBench } from "../../../training/bench/training.ts";
import { engineNames } from "../../../training/engines/engine.ts";
import { silentProgress } from "../silent-progress.ts";

test("every engine is a row or absent, side by side with TensorFlow.js as it comes", async () => {
  const result = await benchTraining({ rounds: 1, turnMs: 100, progress: silentProgress() });
  const named = [...result.rows.map(({ engine }) => engine), ...result.absent.map(({ engine }) => engine)];
  assert.deepEqual([...named].sort(), [...engineNames, "tfjs-wasm"].sort());
  for (const row of result.rows) {
    assert.ok(row.imagesPerS > 0 && row.headRowsPerS > 0, row.engine);
    assert.ok(row.peakRssBytes > 100e6 && row.peakRssBytes < 4e9, `${row.peakRssBytes}`);
    const expected = result.notebook.images / row.imagesPerS + (40 * 3_129) / row.headRowsPerS;
    assert.ok(Math.abs(row.notebookS / expected - 1) < 1e-9);
  }
  assert.equal(result.rows.find(({ engine }) => engine === "tfjs-wasm")?.speedup, 1);
  for (const { reason } of result.absent) assert.ok(reason.length > 10, reason);
  const text = describeTrainingBench(result);
  for (const name of named) assert.ok(text.includes(name), name);
});
