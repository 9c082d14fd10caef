// The cache of features: rows come back as halves, a torn or damaged end is dropped, and a full disk is told.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { FeatureCache } from "../../../training/features/feature-cache.ts";
import { fromHalf, toHalf } from "../../../training/features/float16.ts";

const folder = mkdtempSync(join(tmpdir(), "facelatch-cache-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const width = 5;
const keyOf = (n: number) => createHash("sha256").update(String(n)).digest("hex");
const rowOf = (n: number) => Float32Array.from({ length: width }, (_, i) => n + i / 4);
let files = 0;

function filled(rows: number): string {
  const path = join(folder, `${files++}.features`);
  const cache = FeatureCache.open(path, width);
  for (let n = 0; n < rows; n++) cache.append(keyOf(n), rowOf(n));
  cache.close();
  return path;
}

function read(cache: FeatureCache, n: number): Float32Array {
  const into = new Float32Array(width + 2);
  cache.read(keyOf(n), into, 1);
  return into.slice(1, 1 + width);
}

test("rows are found again by their keys, before and after the file is opened anew", () => {
  const path = filled(100);
  const cache = FeatureCache.open(path, width);
  cache.append(keyOf(100), rowOf(100));
  for (const n of [0, 57, 99, 100]) assert.deepEqual(read(cache, n), rowOf(n));
  assert.equal(cache.has(keyOf(101)), false);
  cache.close();
  const again = FeatureCache.open(path, width);
  assert.deepEqual(read(again, 100), rowOf(100));
  again.close();
});

test("cut off anywhere, it keeps every whole row before, and takes new ones", () => {
  const whole = readFileSync(filled(4));
  const recordBytes = (whole.length - 16) / 4;
  for (let length = 0; length < whole.length; length++) {
    const path = join(folder, "cut.features");
    writeFileSync(path, whole);
    truncateSync(path, length);
    const cache = FeatureCache.open(path, width);
    const kept = Math.max(0, Math.floor((length - 16) / recordBytes));
    for (let n = 0; n < 4; n++) assert.equal(cache.has(keyOf(n)), n < kept, `${length} bytes, row ${n}`);
    cache.append(keyOf(9), rowOf(9));
    assert.deepEqual(read(cache, 9), rowOf(9));
    if (kept > 0) assert.deepEqual(read(cache, kept - 1), rowOf(kept - 1));
    cache.close();
  }
});

test("a damaged row and those behind it are dropped", () => {
  const path = filled(4);
  const bytes = readFileSync(path);
  const recordBytes = (bytes.length - 16) / 4;
  bytes[16 + 2 * recordBytes + 40]! ^= 1;
  writeFileSync(path, bytes);
  const cache = FeatureCache.open(path, width);
  assert.deepEqual(
    [0, 1, 2, 3].map((n) => cache.has(keyOf(n))),
    [true, true, false, false],
  );
  cache.close();
});

test("a file of another kind or width is refused by name, and stays", () => {
  const path = filled(1);
  assert.throws(() => FeatureCache.open(path, width + 1), { code: "INPUT_INVALID", message: /\.features/ });
  const text = join(folder, "text.features");
  writeFileSync(text, "something else altogether");
  assert.throws(() => FeatureCache.open(text, width), { code: "INPUT_INVALID" });
  assert.equal(readFileSync(text, "utf8"), "something else altogether");
});

test("a full disk is told with the file's name, and the rows before it are kept", () => {
  const path = join(folder, "full.features");
  const program = join(import.meta.dirname, "fill-cache.js");
  const told = execFileSync("prlimit", ["--fsize=1000", process.execPath, program, path, String(width)], {
    encoding: "utf8",
  });
  const { code, message } = JSON.parse(told);
  assert.equal(code, "DISK_FULL");
  assert.match(message, /expected to write .*full\.features.*Make room/);
  const cache = FeatureCache.open(path, width);
  const kept = Math.floor((1_000 - 16) / (32 + 2 * width + 4));
  assert.deepEqual(read(cache, kept - 1), new Float32Array(width).fill(kept - 1));
  assert.equal(cache.has(keyOf(kept)), false);
  cache.append(keyOf(kept), rowOf(kept));
  assert.deepEqual(read(cache, kept), rowOf(kept));
  cache.close();
});

test("half precision rounds to the nearest, and keeps every half as it is", () => {
  for (let half = 0; half < 65_536; half++) {
    const value = fromHalf(half);
    if (!Number.isNaN(value)) assert.equal(fromHalf(toHalf(value)), value);
  }
  const within = fc.float({ min: Math.fround(-60_000), max: Math.fround(60_000), noNaN: true });
  fc.assert(
    fc.property(within, (value) => {
      const error = Math.abs(fromHalf(toHalf(value)) - value);
      assert.ok(error <= Math.max(2 ** -25, Math.abs(value) * 2 ** -11), `${value} is off by ${error}`);
    }),
  );
  assert.deepEqual([fromHalf(toHalf(1e6)), fromHalf(toHalf(-1e6))], [Infinity, -Infinity]);
  assert.ok(Number.isNaN(fromHalf(toHalf(Number.NaN))));
});

test("two that write one file are told, and neither reads the other's rows", () => {
  const path = filled(1);
  const [first, second] = [FeatureCache.open(path, width), FeatureCache.open(path, width)];
  first.append(keyOf(1), rowOf(1));
  first.flush();
  second.append(keyOf(2), rowOf(2));
  assert.throws(() => second.flush(), { code: "OUTPUT_UNWRITABLE", message: /another one.*--features/ });
  assert.deepEqual(read(first, 1), rowOf(1));
  first.close();
});
