// Weights out of .npy files: TF-slim's names become Keras', and what is no float32 array is refused by name.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { kerasName, parseNpy, readSlimWeights } from "../../../training/backbones/npy-weights.ts";

function npy(values: readonly number[], shape: string, descr = "<f4", order = "False"): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([start, Buffer.from(padded), Buffer.from(Float32Array.from(values).buffer)]);
}

const isInvalid = (error: unknown) =>
  error instanceof FacelatchError && error.code === "INPUT_INVALID" && /odd\.npy/.test(error.detail.expected);

test("names of every kind of array are translated, others are none", () => {
  const pairs = {
    Conv_weights: "Conv1/kernel",
    Conv_BatchNorm_beta: "bn_Conv1/beta",
    Conv_1_weights: "Conv_1/kernel",
    Conv_1_BatchNorm_moving_variance: "Conv_1_bn/moving_variance",
    expanded_conv_depthwise_depthwise_weights: "expanded_conv_depthwise/depthwise_kernel",
    expanded_conv_project_BatchNorm_gamma: "expanded_conv_project_BN/gamma",
    expanded_conv_16_expand_weights: "block_16_expand/kernel",
    expanded_conv_3_depthwise_BatchNorm_moving_mean: "block_3_depthwise_BN/moving_mean",
    Logits_Conv2d_1c_1x1_weights: null,
    global_step: null,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(pairs).map((name) => [name, kerasName(name)])), pairs);
});

test("an array comes with its shape, and anything else is refused by its file's name", () => {
  assert.deepEqual(parseNpy(npy([1, 2, 3, 4, 5, 6], "3, 2"), "odd.npy"), {
    shape: [3, 2],
    values: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  assert.deepEqual(parseNpy(npy([7], "1,"), "odd.npy").shape, [1]);
  const broken = [
    npy([1], "1,", "<f8"),
    npy([1, 2, 3, 4], "2, 2", "<f4", "True"),
    npy([1, 2], "3,"),
    npy([1, 2], "2,").subarray(0, 30),
    new Uint8Array(4),
  ];
  for (const bytes of broken) assert.throws(() => parseNpy(bytes, "odd.npy"), isInvalid);
});

test("a folder is read as a whole, and one without arrays is refused", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-npy-"));
  t.after(() => rm(folder, { recursive: true }));
  await assert.rejects(readSlimWeights(folder), { code: "INPUT_MISSING" });
  await assert.rejects(readSlimWeights(join(folder, "absent")), { code: "INPUT_MISSING" });
  await writeFile(join(folder, "Conv_1_weights.npy"), npy([1, 2], "1, 1, 1, 2"));
  await writeFile(join(folder, "Logits_weights.npy"), npy([1], "1,"));
  const weights = await readSlimWeights(folder);
  assert.deepEqual([...weights.keys()], ["Conv_1/kernel"]);
});
