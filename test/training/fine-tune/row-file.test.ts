// Rows come back as they were written, in any order, after a restart too; a missing one is an error, not zeros.
import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { RowFile } from "../../../training/fine-tune/row-file.ts";

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-rows-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "rows.f32");
}

test("rows are kept, and read in any order", async (t) => {
  const path = await place(t);
  const first = await RowFile.open(path, 3);
  assert.equal(await first.rows(), 0);
  await first.write(1, Float32Array.of(4, 5, 6, 7, 8, 9));
  await first.write(0, Float32Array.of(1, 2, 3));
  await first.close();
  const second = await RowFile.open(path, 3);
  t.after(() => second.close());
  assert.equal(await second.rows(), 3);
  assert.deepEqual(await second.read([2, 0, 2]), Float32Array.of(7, 8, 9, 1, 2, 3, 7, 8, 9));
  await second.write(1, Float32Array.of(-1, -2, -3));
  assert.deepEqual(await second.read([1, 2]), Float32Array.of(-1, -2, -3, 7, 8, 9));
  assert.deepEqual(await second.read([]), new Float32Array());
});

test("what is missing, cut short, of another width or has no space is refused", async (t) => {
  const path = await place(t);
  const file = await RowFile.open(path, 2);
  t.after(() => file.close());
  await file.write(0, Float32Array.of(1, 2, 3, 4));
  await assert.rejects(file.read([2]), { code: "INPUT_INVALID", message: /row 2 .*rows\.f32/ });
  await truncate(path, 12);
  assert.equal(await file.rows(), 1);
  await assert.rejects(file.read([1]), { code: "INPUT_INVALID" });
  await assert.rejects(file.write(0, Float32Array.of(1)), /in rows of 2/);
  await assert.rejects(RowFile.open(join(path, "below"), 2), { code: "INPUT_MISSING" });
  await symlink("/dev/full", `${path}.full`);
  const full = await RowFile.open(`${path}.full`, 2);
  t.after(() => full.close());
  await assert.rejects(full.write(0, Float32Array.of(1, 2)), { code: "DISK_FULL" });
});
