// What a conversion costs, as its command measures it: time and memory for both backbones, from model.json to .tflite.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { packageRoot } from "../../device/installation/installation.ts";
import { buildInceptionResNetV2 } from "../../training/backbones/inception-resnet-v2.ts";
import { buildMobileNetV2 } from "../../training/backbones/mobilenet-v2.ts";
import type { FileConversion } from "../../training/model-files/convert-file.ts";
import { writeLayersModel } from "../../training/model-files/layers-model-file.ts";
import { useMemoryBackend } from "../../training/tensor-backend.ts";
import { fillRandomly } from "../training/convert/random-weights.ts";

const backbones: Readonly<Record<string, { build: () => LayersModel; durationMsMax: number }>> = {
  "MobileNetV2 at 240 pixels": { build: () => buildMobileNetV2({ sizePx: 240, alpha: 1 }), durationMsMax: 3_000 },
  "InceptionResNetV2 at 299 pixels": { build: () => buildInceptionResNetV2({ sizePx: 299 }), durationMsMax: 20_000 },
};

/** Node's young heap grows to 48 MB before it is cleaned, whatever the model: kept small, memory is the conversion's. */
const youngHeap = "--max-semi-space-size=1";

await useMemoryBackend();
for (const [name, { build, durationMsMax }] of Object.entries(backbones)) {
  test(`${name} converts in time, in four times its size`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "facelatch-cost-"));
    t.after(() => rm(folder, { recursive: true }));
    const model = build();
    fillRandomly(model, 3);
    await writeLayersModel(model, folder);
    const program = join(packageRoot, "dist/facelatch.js");
    const args = ["convert", join(folder, "model.json"), "--out", join(folder, "model.tflite"), "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, [youngHeap, program, ...args]);
    const result = JSON.parse(stdout.trim().split("\n").at(-1)!) as FileConversion;
    const grownBytes = result.peakRssBytes - result.baseRssBytes;
    t.diagnostic(
      `${result.durationMs.toFixed(0)} ms, ${result.bytes} bytes, peak ${result.peakRssBytes}, of which ${result.baseRssBytes} before: ${(grownBytes / result.bytes).toFixed(2)} times the model`,
    );
    assert.ok(result.durationMs <= durationMsMax, `${result.durationMs} ms`);
    assert.ok(grownBytes <= 4 * result.bytes, `${grownBytes} bytes for a model of ${result.bytes}`);
  });
}
