import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { importsOf, packageOf, programFiles } from "../../../deploy/release/program-files.ts";
import { packageRoot } from "../../../device/installation/installation.ts";

function project(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "facelatch-program-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test("the board's program holds the device and the commands of the board, and no training", () => {
  const { files, packages } = programFiles(packageRoot);
  for (const file of [
    ...["dist/deploy/board.js", "dist/device/main.js", "dist/device/vision/vision-worker.js"],
    ...["dist/device/relay/relay-guard.js", "dist/device/api/page/app.js", "device/api/page/index.html"],
  ]) {
    assert.ok(files.includes(file), file);
  }
  assert.deepEqual(
    files.filter((file) => /^dist\/(?:training|test|deploy\/(?:release|provision))\//.test(file)),
    [],
  );
  assert.deepEqual(
    packages.filter((name) => name.startsWith("@tensorflow") || name === "preact"),
    [],
  );
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  assert.deepEqual(
    packages.filter((name) => !(name in dependencies)),
    [],
  );
});

test("imports are found however they are written", () => {
  const source = `import a from "a";\nimport { b,\n c } from "@s/b/deep";\nexport * from "./c.js";\nimport "d";\nawait import("./e.js");`;
  assert.deepEqual(importsOf(source).sort(), ["./c.js", "./e.js", "@s/b/deep", "a", "d"]);
  assert.deepEqual(importsOf('spawn(node, ["--import", probe, "daemon"]);'), []);
  assert.equal(packageOf("@s/b/deep"), "@s/b");
  assert.equal(packageOf("typebox/value"), "typebox");
});

test("an import that leads into training, or nowhere, is refused by name; so is a project that was not built", (t) => {
  const page = { "device/api/page/index.html": "" };
  const leads = project(t, {
    ...page,
    "dist/deploy/board.js": 'import "../training/x.js";',
    "dist/training/x.js": "",
    "dist/device/a.js": "",
  });
  assert.throws(() => programFiles(leads), { code: "RELEASE_UNSOUND", message: /dist\/training\/x\.js/ });
  const nowhere = project(t, { ...page, "dist/deploy/board.js": 'import("../device/b.js");', "dist/device/a.js": "" });
  assert.throws(() => programFiles(nowhere), { code: "RELEASE_UNSOUND", message: /does not exist/ });
  assert.throws(() => programFiles(project(t, page)), { code: "INPUT_MISSING" });
});
