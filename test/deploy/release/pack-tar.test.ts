import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packTar } from "../../../deploy/release/pack-tar.ts";
import { smallTree, temporaryFolder } from "./small-tree.ts";

test("the same files give the same bytes, whenever and wherever they were written", async (t) => {
  const out = temporaryFolder(t);
  const [one, two] = [smallTree(t, "same"), smallTree(t, "same")];
  utimesSync(join(two.folder, "dist/facelatch.js"), 1, 1);
  const first = await packTar(one.folder, "facelatch", 1_700_000_000, join(out, "one.tar.gz"));
  const second = await packTar(two.folder, "facelatch", 1_700_000_000, join(out, "two.tar.gz"));
  assert.deepEqual(readFileSync(first.path), readFileSync(second.path));
  assert.equal(first.sha256, second.sha256);
  assert.deepEqual([one.id, one.sha256], [two.id, two.sha256]);
});

test("tar lists root's files of one time, with the rights of programs where they are programs", async (t) => {
  const out = temporaryFolder(t);
  const tree = smallTree(t, "same");
  const { path } = await packTar(tree.folder, "facelatch", 1_700_000_000, join(out, "one.tar.gz"));
  const listing = spawnSync("tar", ["-tvzf", path, "--utc"], { encoding: "utf8" }).stdout;
  assert.match(listing, /^-rwxr-xr-x root\/root +\d+ 2023-11-14 22:13 facelatch\/bin\/facelatch$/m);
  assert.match(listing, /^-rw-r--r-- root\/root +\d+ 2023-11-14 22:13 facelatch\/RELEASE$/m);
  assert.equal(listing.trim().split("\n").length, tree.files);
});
