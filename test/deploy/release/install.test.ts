// install.sh, into a folder that stands for a board's root: beside the release in use, all or nothing, and back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type SmallTree, smallTree, temporaryFolder } from "./small-tree.ts";

function run(tree: SmallTree, ...args: readonly string[]): { readonly code: number | null; readonly text: string } {
  // Without systemd's programs in the path, users and folders are left alone: this machine's are none of this test's.
  const env = { PATH: pathWithoutSystemd };
  const { status, stdout, stderr } = spawnSync("/bin/sh", [join(tree.folder, "install.sh"), ...args], {
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { code: status, text: `${stdout}${stderr}` };
}

/** A folder with links to the few programs that the script needs of every system. */
const pathWithoutSystemd = (() => {
  const tools = [
    "basename",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "dirname",
    "find",
    "id",
    "install",
    "ln",
    "mkdir",
    "mv",
  ];
  const more = ["readlink", "rm", "sed", "sha256sum", "sync", "uname", "wc"];
  const folder = temporaryFolder({ after: (end) => process.once("exit", end) });
  for (const tool of [...tools, ...more]) spawnSync("ln", ["-s", `/usr/bin/${tool}`, join(folder, tool)]);
  return folder;
})();

const current = (root: string): string => readlinkSync(join(root, "opt/facelatch/current"));
const previous = (root: string): string => readlinkSync(join(root, "opt/facelatch/previous"));

test("a first installation puts the release, its units and settings in place", (t) => {
  const root = temporaryFolder(t);
  const tree = smallTree(t, "one");
  const { code, text } = run(tree, "--root", root);
  assert.equal(code, 0, text);
  assert.equal(current(root), `releases/${tree.id}`);
  assert.ok(!existsSync(join(root, "opt/facelatch/previous")));
  assert.equal(readFileSync(join(root, "opt/facelatch/current/dist/facelatch.js"), "utf8"), "one");
  for (const path of [
    ...["etc/systemd/system/facelatch.service", "etc/sysusers.d/facelatch.conf", "etc/tmpfiles.d/facelatch.conf"],
    ...["etc/systemd/system/facelatch-alarm.service", "etc/udev/rules.d/60-facelatch.rules"],
    "etc/facelatch/facelatch.yaml",
  ]) {
    assert.ok(existsSync(join(root, path)), path);
  }
  assert.equal(readlinkSync(join(root, "usr/local/bin/facelatch")), "/opt/facelatch/current/bin/facelatch");
});

test("the same again changes nothing, settings stay, and a damaged copy is mended", (t) => {
  const root = temporaryFolder(t);
  const tree = smallTree(t, "one");
  assert.equal(run(tree, "--root", root).code, 0);
  writeFileSync(join(root, "etc/facelatch/facelatch.yaml"), "owner: { label: Anna }\n");
  assert.equal(run(tree, "--root", root).code, 0);
  assert.ok(!existsSync(join(root, "opt/facelatch/previous")));
  assert.equal(readFileSync(join(root, "etc/facelatch/facelatch.yaml"), "utf8"), "owner: { label: Anna }\n");
  const program = join(root, "opt/facelatch/current/dist/facelatch.js");
  writeFileSync(program, "damaged");
  const mended = run(tree, "--root", root);
  assert.equal(mended.code, 0, mended.text);
  assert.match(mended.text, /damaged, and is replaced/);
  assert.equal(readFileSync(program, "utf8"), "one");
});

test("an update keeps the release before, and one older is forgotten; a rollback goes back and forth", (t) => {
  const root = temporaryFolder(t);
  const [one, two, three] = [smallTree(t, "one"), smallTree(t, "two"), smallTree(t, "three")] as const;
  for (const tree of [one, two, three]) assert.equal(run(tree, "--root", root).code, 0);
  assert.deepEqual(
    [current(root), previous(root), readdirSync(join(root, "opt/facelatch/releases")).sort()],
    [`releases/${three.id}`, `releases/${two.id}`, [three.id, two.id].sort()],
  );
  assert.equal(run(three, "--root", root, "--rollback").code, 0);
  assert.deepEqual([current(root), previous(root)], [`releases/${two.id}`, `releases/${three.id}`]);
  assert.equal(run(three, "--root", root, "--rollback").code, 0);
  assert.equal(current(root), `releases/${three.id}`);
});

test("a release that is altered, cut short or added to is refused, and the one in use stays", (t) => {
  const root = temporaryFolder(t);
  const one = smallTree(t, "one");
  assert.equal(run(one, "--root", root).code, 0);
  const spoil: readonly ((tree: SmallTree) => void)[] = [
    (tree) => appendFileSync(join(tree.folder, "dist/facelatch.js"), "x"),
    (tree) => rmSync(join(tree.folder, "bin/facelatch")),
    (tree) => writeFileSync(join(tree.folder, "dist/more.js"), ""),
    (tree) => appendFileSync(join(tree.folder, "SHA256SUMS"), ""),
    (tree) => writeFileSync(join(tree.folder, "SHA256SUMS"), ""),
    (tree) => rmSync(join(tree.folder, "RELEASE")),
    (tree) => writeFileSync(join(tree.folder, "RELEASE"), "id=0.1.0-000000000000\nmachine=aarch64\n"),
  ];
  for (const [index, change] of spoil.entries()) {
    const tree = smallTree(t, "two");
    change(tree);
    const { code, text } = run(tree, "--root", root);
    // The fourth changes nothing, and installs.
    assert.equal(code, index === 3 ? 0 : 65, `${index}: ${text}`);
    if (index === 3) assert.equal(run(one, "--root", root).code, 0);
    assert.equal(current(root), `releases/${one.id}`);
  }
});

test("there is nothing to go back to after a first installation, and a damaged release is not gone back to", (t) => {
  const root = temporaryFolder(t);
  const [one, two] = [smallTree(t, "one"), smallTree(t, "two")];
  assert.equal(run(one, "--root", root).code, 0);
  assert.equal(run(one, "--root", root, "--rollback").code, 66);
  assert.equal(run(two, "--root", root).code, 0);
  appendFileSync(join(root, "opt/facelatch/previous/dist/facelatch.js"), "x");
  assert.equal(run(two, "--root", root, "--rollback").code, 65);
  assert.equal(current(root), `releases/${two.id}`);
});

test("wrong usage ends with its own code", (t) => {
  const tree = smallTree(t, "one");
  assert.equal(run(tree, "--nonsense").code, 64);
  assert.equal(run(tree, "--root").code, 64);
  assert.equal(run(tree, "--help").code, 0);
});
