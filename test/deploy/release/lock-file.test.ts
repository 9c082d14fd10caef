import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type LockFile, nameOf, pinnedIn, runTimePackages, sharpPackages } from "../../../deploy/release/lock-file.ts";
import { targets } from "../../../deploy/release/target.ts";
import { packageRoot } from "../../../device/installation/installation.ts";

const own = JSON.parse(readFileSync(join(packageRoot, "package-lock.json"), "utf8")) as LockFile;

test("a package within a package is found before the one beside it", () => {
  const lock: LockFile = {
    packages: {
      "": { version: "1.0.0", dependencies: { a: "1" } },
      "node_modules/a": { version: "1.0.0", dependencies: { b: "1", "@s/c": "1" } },
      "node_modules/a/node_modules/b": { version: "1.0.0", dependencies: { d: "1" } },
      "node_modules/b": { version: "2.0.0" },
      "node_modules/@s/c": { version: "1.0.0" },
      "node_modules/d": { version: "1.0.0" },
      "node_modules/unused": { version: "1.0.0" },
    },
  };
  assert.deepEqual(runTimePackages(lock, []), [
    "node_modules/@s/c",
    "node_modules/a",
    "node_modules/a/node_modules/b",
    "node_modules/d",
  ]);
  assert.equal(nameOf("node_modules/a/node_modules/b"), "b");
  assert.equal(nameOf("node_modules/@s/c"), "@s/c");
});

test("a dependency that the lock file lacks is refused", () => {
  const lock: LockFile = { packages: { "": { version: "1.0.0", dependencies: { a: "1" } } } };
  assert.throws(() => runTimePackages(lock, []), { code: "INPUT_INVALID" });
  assert.throws(() => pinnedIn(lock, "a"), { code: "INPUT_INVALID" });
});

test("what is needed for a compilation alone is left out, and sharp's compiled part is in", () => {
  const sharp = sharpPackages(own, targets.arm64).map(({ name }) => name);
  const names = runTimePackages(own, sharp).map(nameOf);
  for (const name of ["fastify", "better-sqlite3", "tfjs-tflite-node", "epoll", "onoff", "@img/sharp-linux-arm64"]) {
    assert.ok(names.includes(name), name);
  }
  for (const name of ["prebuild-install", "nan", "node-addon-api", "@tensorflow/tfjs-tflite", "playwright-core"]) {
    assert.ok(!names.includes(name), name);
  }
});
