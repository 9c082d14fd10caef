// The cache downloads a file once, notices damage and change, and trusts the first download only where nothing better is known.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { KerasFile } from "../../../training/backbones/architectures.ts";
import { defaultCacheDir, type FetchOptions, fetchWeights } from "../../../training/weights/weights-cache.ts";
import { silentProgress } from "../silent-progress.ts";
import { type FileServer, serveFile } from "./file-server.ts";

const first = new TextEncoder().encode("the first version");
const second = new TextEncoder().encode("another version");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const plain: KerasFile = { fileName: "some.h5", path: "family/some.h5", md5: null, bytes: null };

interface Place {
  readonly server: FileServer;
  readonly path: string;
  readonly options: FetchOptions;
}

async function place(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-cache-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = await serveFile(t, { bytes: first, etag: '"1"' });
  const cacheDir = join(folder, "deep", "weights");
  const options = { progress: silentProgress(), cacheDir, baseUrl: `${new URL(server.url).origin}/` };
  return { server, path: join(cacheDir, plain.fileName), options };
}

test("the second time, nothing is downloaded; the first digest is recorded as sha256sum does", async (t) => {
  const { server, path, options } = await place(t);
  const expected = { path, bytes: first.length, sha256: sha256(first) };
  assert.deepEqual(await fetchWeights(plain, options), { ...expected, downloaded: true, checkedAgainst: "nothing" });
  assert.equal(await readFile(`${path}.sha256`, "utf8"), `${sha256(first)}  some.h5\n`);
  assert.deepEqual(await fetchWeights(plain, options), { ...expected, downloaded: false, checkedAgainst: "recorded" });
  assert.equal(server.ranges.length, 1);
  assert.deepEqual((await readdir(options.cacheDir!)).sort(), ["some.h5", "some.h5.sha256"]);
});

test("a published digest is what counts", async (t) => {
  const { options } = await place(t);
  const md5 = createHash("md5").update(first).digest("hex");
  const fetched = await fetchWeights({ ...plain, md5 }, options);
  assert.equal(fetched.checkedAgainst, "published");
  assert.equal((await fetchWeights({ ...plain, md5 }, options)).downloaded, false);
  await assert.rejects(fetchWeights({ ...plain, md5: "0".repeat(32) }, options), { code: "DOWNLOAD_INVALID" });
});

test("a damaged file is fetched again; one that changed at its source is refused", async (t) => {
  const { server, path, options } = await place(t);
  await fetchWeights(plain, options);
  await writeFile(path, "damaged");
  assert.equal((await fetchWeights(plain, options)).downloaded, true);
  assert.deepEqual(new Uint8Array(await readFile(path)), first);
  await rm(path);
  server.file = { bytes: second, etag: '"2"' };
  await assert.rejects(fetchWeights(plain, options), { code: "DOWNLOAD_INVALID" });
  assert.equal(await stat(path).catch(() => null), null);
  // Whoever trusts the new one removes the record.
  await rm(`${path}.sha256`);
  assert.equal((await fetchWeights(plain, options)).sha256, sha256(second));
});

test("a file that was put there by hand is taken, and recorded", async (t) => {
  const { server, path, options } = await place(t);
  await fetchWeights(plain, options);
  await rm(`${path}.sha256`);
  await writeFile(path, second);
  const taken = await fetchWeights(plain, options);
  assert.deepEqual([taken.downloaded, taken.sha256, taken.checkedAgainst], [false, sha256(second), "nothing"]);
  assert.equal((await fetchWeights(plain, options)).checkedAgainst, "recorded");
  assert.equal(server.ranges.length, 1);
});

test("one process downloads at a time, and the lock of a dead one is no obstacle", async (t) => {
  const { path, options } = await place(t);
  await fetchWeights({ ...plain, fileName: "other.h5" }, options);
  await writeFile(`${path}.lock`, String(process.ppid));
  await assert.rejects(fetchWeights(plain, options), { code: "DOWNLOAD_FAILED", message: /process \d+/ });
  await writeFile(`${path}.lock`, String(2 ** 22 + 1));
  assert.equal((await fetchWeights(plain, options)).downloaded, true);
});

test("a folder that cannot be made is named", async (t) => {
  const { options, path } = await place(t);
  await fetchWeights(plain, options);
  const cacheDir = join(path, "below-a-file");
  await assert.rejects(fetchWeights(plain, { ...options, cacheDir }), {
    code: "DOWNLOAD_FAILED",
    message: /below-a-file.*XDG_CACHE_HOME/,
  });
});

test("the cache is where XDG says", (t) => {
  const before = process.env["XDG_CACHE_HOME"];
  t.after(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  });
  process.env["XDG_CACHE_HOME"] = "/some/cache";
  assert.equal(defaultCacheDir(), "/some/cache/facelatch/weights");
  process.env["XDG_CACHE_HOME"] = "relative";
  assert.match(defaultCacheDir(), /^\/.*\/\.cache\/facelatch\/weights$/);
});
