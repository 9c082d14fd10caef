import assert from "node:assert/strict";
import { test } from "node:test";
import { isLicence, isNeeded } from "../../../deploy/release/package-files.ts";

test("what runs and the licences are kept; tests, sources, maps and papers are not", () => {
  const kept = [
    "package.json",
    "LICENSE",
    "lib/index.js",
    "dist/doc/Document.js",
    "NOTICE.md",
    "types/standard.js",
    "a/b.json",
    "index.mjs",
  ];
  for (const path of kept) assert.ok(isNeeded("some", path, "arm64"), path);
  const dropped = [
    ...[
      "test/x.js",
      "docs/x.js",
      "index.d.ts",
      "index.js.map",
      "README.md",
      "src/a.cc",
      ".github/x.js",
      "lib/.eslintrc",
    ],
    ...["types/x.d.ts", "benchmark/x.js", "tsconfig.json", "History.md", "binding.gyp"],
  ];
  for (const path of dropped) assert.ok(!isNeeded("some", path, "arm64"), path);
  assert.ok(isLicence("deep/LICENCE.txt") && !isLicence("licenses-check.js/x.js"));
});

test("of packages with native parts, only these for the board are kept", () => {
  assert.ok(isNeeded("better-sqlite3", "build/Release/better_sqlite3.node", "arm64"));
  assert.ok(!isNeeded("better-sqlite3", "build/Release/test_extension.node", "arm64"));
  assert.ok(!isNeeded("better-sqlite3", "deps/sqlite3/sqlite3.c", "arm64"));
  assert.ok(isNeeded("tfjs-tflite-node", "cc_deps/linux_arm64/libtensorflowlite_c.so", "arm64"));
  assert.ok(!isNeeded("tfjs-tflite-node", "cc_deps/linux_amd64/libtensorflowlite_c.so", "arm64"));
  assert.ok(!isNeeded("tfjs-tflite-node", "dist/index.js", "arm64"));
});
