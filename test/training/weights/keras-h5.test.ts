// Keras' .h5 files come back value by value; what is no such file, or not whole, is refused by its name.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { File, ready } from "h5wasm/node";
import { readKerasH5, type StoredLayer } from "../../../training/weights/keras-h5.ts";
import { writeKerasH5 } from "./keras-file.ts";

const layers: readonly StoredLayer[] = [
  { name: "input_1", arrays: [] },
  {
    name: "Conv1",
    arrays: [{ name: "Conv1/kernel:0", shape: [1, 1, 3, 2], values: Float32Array.of(1, -2, 3.5, 4, 5, 1e-7) }],
  },
  {
    name: "bn_Conv1",
    arrays: ["gamma", "beta", "moving_mean", "moving_variance"].map((weight, i) => ({
      name: `bn_Conv1/${weight}:0`,
      shape: [2],
      values: Float32Array.of(i, i / 3),
    })),
  },
];

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-h5-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const refusal = (path: string, found: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, "INPUT_INVALID", error.stack);
  assert.ok(error.message.includes(path), error.message);
  assert.match(error.message, found);
  assert.match(error.message, /facelatch weights fetch/);
  return true;
};

test("layers come in the file's order, arrays with their shapes, of weights files and of whole models", async (t) => {
  const folder = await folderOf(t);
  for (const root of [undefined, "model_weights"]) {
    const path = join(folder, `${root ?? "weights"}.h5`);
    await writeKerasH5(path, layers, root);
    assert.deepEqual(await readKerasH5(path), layers.slice(1));
  }
});

test("what is read does not change when another file is read", async (t) => {
  const path = join(await folderOf(t), "weights.h5");
  await writeKerasH5(path, layers);
  const first = await readKerasH5(path);
  await readKerasH5(path);
  assert.deepEqual(first, layers.slice(1));
});

test("names that are stored in parts are joined", async (t) => {
  const path = join(await folderOf(t), "weights.h5");
  await ready;
  const file = new File(path, "w");
  file.create_attribute("layer_names0", ["a"]);
  file.create_attribute("layer_names1", ["b"]);
  for (const name of ["a", "b"]) {
    const group = file.create_group(name);
    group.create_attribute("weight_names0", [`${name}/kernel:0`]);
    group.create_group(name).create_dataset({ name: "kernel:0", data: Float32Array.of(7), shape: [1] });
  }
  file.close();
  assert.deepEqual(
    (await readKerasH5(path)).map(({ name }) => name),
    ["a", "b"],
  );
});

test("a file that is missing, text, a folder or cut short is refused before the library looks", async (t) => {
  const folder = await folderOf(t);
  await assert.rejects(readKerasH5(join(folder, "absent.h5")), { code: "INPUT_MISSING" });
  await assert.rejects(readKerasH5(folder), { code: "INPUT_INVALID" });
  const text = join(folder, "text.h5");
  await writeFile(text, "<html>Not found</html>".repeat(20));
  await assert.rejects(readKerasH5(text), refusal(text, /440 bytes that do not begin as an HDF5 file does/));
  await writeFile(text, "");
  await assert.rejects(readKerasH5(text), refusal(text, /0 bytes/));
  const whole = join(folder, "whole.h5");
  await writeKerasH5(whole, layers);
  const { size } = await stat(whole);
  const cut = join(folder, "cut.h5");
  await writeFile(cut, (await readFile(whole)).subarray(0, size - 100));
  await assert.rejects(readKerasH5(cut), refusal(cut, new RegExp(`${size - 100} of ${size} bytes`)));
});

test("HDF5 files that are no Keras weights, or lack a part of them, are refused", async (t) => {
  const folder = await folderOf(t);
  await ready;
  const cases: Readonly<Record<string, [(file: File) => void, RegExp]>> = {
    "empty.h5": [() => {}, /without the attribute layer_names/],
    "keras3.h5": [(file) => file.create_group("layers"), /Keras 3/],
    "group.h5": [(file) => file.create_attribute("layer_names", ["a"]), /no group for the layer a/],
    "array.h5": [
      (file) => {
        file.create_attribute("layer_names", ["a"]);
        file.create_group("a").create_attribute("weight_names", ["a/kernel:0"]);
      },
      /no array a\/kernel:0/,
    ],
    "type.h5": [
      (file) => {
        file.create_attribute("layer_names", ["a"]);
        const group = file.create_group("a");
        group.create_attribute("weight_names", ["kernel"]);
        group.create_dataset({ name: "kernel", data: Float64Array.of(1), shape: [1] });
      },
      /an array kernel that is not float32/,
    ],
  };
  for (const [name, [fill, found]] of Object.entries(cases)) {
    const path = join(folder, name);
    const file = new File(path, "w");
    fill(file);
    file.close();
    await assert.rejects(readKerasH5(path), refusal(path, found));
  }
});

test("a file with damaged bytes inside ends in an error or in other values, never in a crash", async (t) => {
  const folder = await folderOf(t);
  const whole = join(folder, "whole.h5");
  await writeKerasH5(whole, layers);
  const bytes = await readFile(whole);
  const path = join(folder, "damaged.h5");
  let refused = 0;
  for (let at = 100; at < bytes.length; at += 257) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0xa5, at, at + 16);
    await writeFile(path, damaged);
    await readKerasH5(path).catch((error: Error & { code?: string }) => {
      assert.equal(error.code, "INPUT_INVALID", error.stack);
      refused++;
    });
  }
  assert.ok(refused > 0);
});
