// The engine WebGPU is found on this machine, says what it runs on, and extracts the features that TensorFlow Lite does.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { encodeJpeg } from "../../training/dataset/photo.ts";
import type { EngineName } from "../../training/engines/engine.ts";
import { extractFeatures, openExtractor } from "../../training/engines/extractor.ts";
import { chooseEngines, findEngines } from "../../training/engines/find-engines.ts";
import type { PictureTask } from "../../training/engines/preparer.ts";
import { useMemoryBackend } from "../../training/tensor-backend.ts";
import { randomValues } from "../training/convert/random-weights.ts";
import { relativeDifference, sizePx, smallClassifier } from "../training/fine-tune/small-classifier.ts";

test("it is found, and an emulated one is used only by force", async () => {
  const found = await findEngines();
  const webgpu = found.find(({ engine }) => engine === "webgpu");
  assert.ok(webgpu?.available === true, JSON.stringify(webgpu));
  assert.match(webgpu.detail, /^WebGPU \(Dawn\) on \S/);
  if (webgpu.hardware !== "emulated-gpu") return;
  assert.match(webgpu.warning ?? "", /tests only/);
  assert.equal(chooseEngines("auto", found).features.engine, "tflite");
  assert.equal(chooseEngines("webgpu", found).training.engine, "webgpu");
});

test("its features are those of TensorFlow Lite", async (t) => {
  await useMemoryBackend();
  const folder = await mkdtemp(join(tmpdir(), "facelatch-webgpu-"));
  t.after(() => rm(folder, { recursive: true }));
  const tasks: PictureTask[] = Array.from({ length: 7 }, (_, i) => ({ path: join(folder, `${i}.jpg`) }));
  for (const [i, { path }] of tasks.entries()) {
    const data = Uint8Array.from(randomValues(sizePx * sizePx * 3, i), (value) => 127 * (value + 1));
    await writeFile(path, await encodeJpeg({ data, widthPx: sizePx, heightPx: sizePx }));
  }
  const model = smallClassifier();
  const extract = async (engine: EngineName) => {
    const extractor = await openExtractor<PictureTask>({
      engine,
      model,
      input: {
        shape: [1, sizePx, sizePx, 3],
        layout: "NHWC",
        dtype: "float32",
        colour: "RGB",
        resizeKernel: "triangle",
        mean: 127.5,
        scale: 127.5,
      },
      batchSize: engine === "webgpu" ? 4 : 1,
      // A software adapter compiles its programs slowly, on a busy machine very slowly.
      replyTimeoutMs: 600_000,
    });
    t.after(() => extractor.close());
    return extractFeatures(extractor, tasks);
  };
  const difference = relativeDifference(await extract("webgpu"), await extract("tflite"));
  assert.ok(difference < 1e-3, `${difference}`);
});
