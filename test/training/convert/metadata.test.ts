// Metadata: the format's own table and label archive, which survive and leave the answers alone.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import fc from "fast-check";
import { convertLayersModel } from "../../../training/convert/convert.ts";
import { readMetadata, withMetadata } from "../../../training/convert/metadata.ts";
import { appendStored, readStored } from "../../../training/convert/stored-zip.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { fillRandomly, randomValues } from "./random-weights.ts";
import { engines, inferWith } from "./runtimes.ts";

const model = tf.sequential({
  layers: [
    tf.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 3] }),
    tf.layers.globalAveragePooling2d({}),
    tf.layers.softmax(),
  ],
});
fillRandomly(model, 1);
const { bytes, graph } = convertLayersModel(model);
const metadata = {
  name: "Door",
  description: "für die Tür",
  labels: ["Markus", "Others", "Öbjects"],
  mean: 127.5,
  scale: 64,
};

test("what was written reads back, and the model is the same", () => {
  const described = withMetadata(bytes, metadata);
  assert.deepEqual(readMetadata(described), metadata);
  assert.deepEqual(readTflite(described), graph);
  assert.equal(readMetadata(bytes), null);
  assert.deepEqual(readMetadata(withMetadata(bytes, { ...metadata, labels: [] }))?.labels, []);
  const input = [randomValues(6 * 6 * 3, 2)];
  for (const engine of engines) assert.deepEqual(inferWith(engine, described, input), inferWith(engine, bytes, input));
});

test("metadata is replaced, not stacked", () => {
  const twice = withMetadata(withMetadata(bytes, metadata), { ...metadata, labels: ["a", "b", "c"] });
  assert.deepEqual(readMetadata(twice)?.labels, ["a", "b", "c"]);
  assert.equal(twice.length, withMetadata(bytes, { ...metadata, labels: ["a", "b", "c"] }).length);
});

test("another program reads the label file as a zip archive", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-zip-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "model.tflite");
  writeFileSync(path, withMetadata(bytes, metadata));
  const script = "import sys, zipfile; sys.stdout.write(zipfile.ZipFile(sys.argv[1]).read('labels.txt').decode())";
  assert.equal(execFileSync("python3", ["-c", script, path], { encoding: "utf8" }), "Markus\nOthers\nÖbjects\n");
});

test("any contents come back from the archive, and changed ones do not", () => {
  const property = fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 1 }), (before, content) => {
    const archive = appendStored(before, "labels.txt", content);
    assert.deepEqual(readStored(archive, "labels.txt"), content);
    assert.equal(readStored(archive, "other.txt"), null);
    const changed = archive.slice();
    changed[before.length + 40]! ^= 1;
    assert.equal(readStored(changed, "labels.txt"), null);
  });
  fc.assert(property);
});
