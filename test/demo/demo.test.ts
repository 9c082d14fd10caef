// The README's first command, whole: training, conversion, bundle, daemon, a scene, and the door opens for the owner.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { packageRoot } from "../../device/installation/installation.ts";

const commandTimeoutMs = 400_000;
let stateDir = "";

before(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "facelatch-demo-"));
});

after(() => rm(stateDir, { recursive: true, force: true }));

async function facelatch(...args: string[]): Promise<Record<string, unknown>> {
  const program = join(packageRoot, "dist/facelatch.js");
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, "--json"], {
    timeout: commandTimeoutMs,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Record<string, unknown>;
}

test("the first start trains, and lets the owner in and nobody else", async (t) => {
  const result = await facelatch("demo", "--state", stateDir, "--port", "0", "--passes", "1");
  t.diagnostic(JSON.stringify(result));
  assert.equal(result["trainedNow"], true);
  assert.equal(result["ownerPasses"], 1);
  assert.equal(result["otherUnlocks"], 0);
  assert.ok(Number(result["firstUnlockMs"]) > 0);
});

test("a later start does not train again, and lets the owner in", async (t) => {
  const result = await facelatch("demo", "--state", stateDir, "--port", "0", "--passes", "1");
  t.diagnostic(JSON.stringify(result));
  assert.equal(result["trainedNow"], false);
  assert.equal(result["ownerPasses"], 1);
  assert.equal(result["otherUnlocks"], 0);
});

test("the bundle that the demo packed passes every check of a device", async () => {
  const verdict = await facelatch("bundle", "verify", join(stateDir, "demo-run/bundle.tar"), "--state", stateDir);
  assert.deepEqual([verdict["ok"], verdict["refusedBy"]], [true, null]);
  const elsewhere = await facelatch("bundle", "verify", join(stateDir, "demo-run/bundle.tar"), "--keys", stateDir);
  assert.deepEqual([elsewhere["ok"], elsewhere["refusedBy"]], [false, "BUNDLE_KEY_UNTRUSTED"]);
});

test("the demo's run packs to the same bytes again", async () => {
  const again = join(stateDir, "again.tar");
  const program = join(packageRoot, "dist/facelatch.js");
  const keys = join(stateDir, "demo-keys");
  const make = ["bundle", "make", "--run", join(stateDir, "demo-run"), "--out", again, "--keys", keys];
  await promisify(execFile)(process.execPath, [program, ...make], { timeout: commandTimeoutMs });
  assert.ok((await readFile(again)).equals(await readFile(join(stateDir, "demo-run/bundle.tar"))));
});

test("an evaluation on the demo's own photos finds the owner and keeps others out", async () => {
  const result = await facelatch(
    "evaluate",
    "--bundle",
    join(stateDir, "demo-run/bundle.tar"),
    "--data",
    join(stateDir, "demo-data"),
  );
  type Subjects = { photos: number; refused: { value: number }; opened: { value: number } };
  const [owner, others, objects] = ["owner", "others", "objects"].map((name) => result[name] as Subjects);
  assert.ok(owner!.refused.value < 0.05, `refused ${owner!.refused.value}`);
  assert.deepEqual([others!.opened.value, objects!.opened.value], [0, 0]);
  assert.ok(others!.photos + objects!.photos > 300, `${others!.photos} and ${objects!.photos}`);
  const trials = result["trials"] as { genuine: number; impostor: number; opened: { value: number } };
  assert.ok(trials.genuine > 0 && trials.impostor > 0);
  assert.equal(trials.opened.value, 0);
});

test("a measured benchmark gives every field of its contract", async () => {
  const result = await facelatch("bench", "--state", stateDir, "--frames", "400");
  const fields = ["frameToDecisionMs", "partsMs", "overheadRatio", "engineMs", "speedup", "loopLagMs", "rssBytes"];
  for (const field of fields) assert.ok(field in result, field);
  assert.ok(Number(result["speedup"]) > 1);
});
