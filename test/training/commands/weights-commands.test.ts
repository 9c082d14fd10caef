// `facelatch weights fetch` leaves the published file in the user's cache, and tells what its digest was compared with.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { packageRoot } from "../../../device/installation/installation.ts";
import { serveFile } from "../weights/file-server.ts";

const run = promisify(execFile);

test("weights are fetched from a mirror into the cache, once", async (t) => {
  const cache = await mkdtemp(join(tmpdir(), "facelatch-fetch-"));
  t.after(() => rm(cache, { recursive: true }));
  const bytes = new TextEncoder().encode("weights");
  const server = await serveFile(t, { bytes, etag: '"1"' });
  const env = { ...process.env, XDG_CACHE_HOME: cache, FACELATCH_WEIGHTS_URL: new URL(server.url).origin };
  const fetch = async () => {
    const program = join(packageRoot, "dist", "facelatch.js");
    const args = [program, "weights", "fetch", "--alpha", "0.35", "--size", "96", "--json"];
    const { stdout } = await run(process.execPath, args, { env });
    return JSON.parse(stdout) as { path: string; downloaded: boolean; checkedAgainst: string };
  };
  const first = await fetch();
  const name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5";
  assert.equal(first.path, join(cache, "facelatch", "weights", name));
  assert.deepEqual(new Uint8Array(await readFile(first.path)), bytes);
  assert.deepEqual([first.downloaded, first.checkedAgainst], [true, "nothing"]);
  const second = await fetch();
  assert.deepEqual([second.downloaded, second.checkedAgainst], [false, "recorded"]);
  assert.equal(server.ranges.length, 1);
});
