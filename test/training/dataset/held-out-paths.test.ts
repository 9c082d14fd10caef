// What is kept back from a training is named as the photos are, or refused before anything is learnt.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readHeldOutPaths } from "../../../training/dataset/held-out-paths.ts";

let dataDir = "";

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "facelatch-held-out-"));
  for (const folder of ["others/brother", "household/sister"]) {
    await mkdir(join(dataDir, folder), { recursive: true });
    await writeFile(join(dataDir, folder, "1.jpg"), "a name is enough here");
  }
});

after(() => rm(dataDir, { recursive: true }));

test("however a folder is written, it is the one whose photos are kept back", async () => {
  for (const given of ["others/brother", "./others/brother/", "others//brother", "others/x/../brother//"]) {
    assert.deepEqual(await readHeldOutPaths(dataDir, [given]), ["others/brother"], given);
  }
});

test("a folder that is not trained on, or without a photo, is refused by name", async () => {
  for (const given of ["household/sister", "others", "../others/brother", "others/father", "others/brother/1.jpg"]) {
    await assert.rejects(readHeldOutPaths(dataDir, [given]), { code: "DATASET_INVALID" }, given);
  }
});
