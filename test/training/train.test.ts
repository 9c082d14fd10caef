// The real command: what it prints and leaves, the same weights after kills, and retraining on the same test pictures.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { makeBundle } from "../../training/bundle/make-bundle.ts";
import { readOutcome, readRunRecord, runFolder, writeRunRecord } from "../../training/run/run-folder.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Ended, facelatch, facelatchProgram, start, startFacelatch } from "../fixtures/facelatch-command.ts";
import { copyInto, portraitPhotos, writeObjects, writeOwner, writeTrainable } from "../fixtures/small-data-set.ts";
import { testKey } from "../fixtures/test-keys.ts";

const owner = "Markus";
const deadlineMs = 240_000;
let folder = "";
let dataDir = "";
let whole: Ended;

const runDir = (name: string) => join(folder, name);
/** Enough epochs that a kill meets them; none ends it early. */
const trainArgs = (name: string) => [
  ...["train", "--data", dataDir, "--owner", owner, "--out", runDir(name), "--json"],
  ...["--variants", "2", "--epochs", "60", "--patience", "60"],
];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-train-"));
  dataDir = join(folder, "data");
  await writeTrainable(dataDir);
  await writeFile(join(dataDir, "objects/text.jpg"), "no picture");
  whole = await facelatch(...trainArgs("whole"));
});

after(() => rm(folder, { recursive: true, force: true }));

test("it prints every field that it promises, and lists what it could not read", () => {
  assert.equal(whole.exitCode, 0, whole.stderr);
  const { counts, testAccuracy, perClass, confusion, durationS, engine, leaks, skipped } = whole.json();
  for (const split of Object.values(counts as Record<string, Record<string, number>>)) {
    for (const count of Object.values(split)) assert.ok(count > 0, JSON.stringify(counts));
  }
  assert.deepEqual(Object.keys(testAccuracy as object), ["value", "low", "high", "n"]);
  assert.deepEqual(Object.keys(perClass as object), [owner, "Others", "Objects"]);
  for (const figures of Object.values(perClass as object)) {
    assert.deepEqual(Object.keys(figures), ["precision", "recall"]);
  }
  assert.deepEqual(Object.keys(confusion as object), ["train", "validation", "test"]);
  assert.ok((durationS as number) > 0);
  assert.match(engine as string, /^features: (tflite|wasm|webgpu|tfjs-node) /);
  assert.equal(leaks, 0);
  const [text, ...others] = skipped as { path: string; kind: string; reason: string }[];
  assert.deepEqual([text?.path, text?.kind, others], ["objects/text.jpg", "unreadable", []]);
  assert.match(text!.reason, /objects\/text\.jpg/);
});

test("its folder holds what a report is made of", async () => {
  const { record, predictions } = await readOutcome(runDir("whole"));
  assert.equal(record.retraining, null);
  assert.deepEqual(
    record.history.map(({ epoch }) => epoch),
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  for (const split of ["train", "validation", "test"] as const) {
    const total = Object.values(record.counts[split]).reduce((sum, count) => sum + count, 0);
    assert.equal(predictions[split].length, total);
    for (const { picture, truth, scores } of predictions[split]) {
      assert.ok((await stat(join(runDir("whole"), runFolder.prepared, picture))).isFile());
      assert.ok(truth >= 0 && truth < scores.length);
      assert.ok(Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-5);
    }
  }
  for (const name of ["owner", "others", "objects"]) {
    assert.ok((await stat(join(runDir("whole"), runFolder.samples, `${name}.jpg`))).size > 1_000);
  }
});

test("killed in every stage and started again, it ends with the weights of the run that was not killed", async () => {
  const prepared = join(runDir("killed"), runFolder.prepared);
  const sizeOf = async (path: string) => (await stat(path)).size;
  const stages: readonly (readonly [what: string, isReached: () => Promise<boolean>])[] = [
    ["some photos are scanned", async () => (await sizeOf(join(prepared, "scan/others.jsonl"))) > 2_000],
    ["features are extracted", async () => (await stat(join(runDir("killed"), runFolder.features))).isDirectory()],
    ["an epoch is done", async () => (await sizeOf(join(runDir("killed"), runFolder.checkpoint))) > 0],
  ];
  for (const [what, isReached] of stages) {
    const { child, ended } = startFacelatch(...trainArgs("killed"));
    await eventually(what, isReached, (reached) => reached, deadlineMs);
    child.kill("SIGKILL");
    assert.equal((await ended).exitCode, null, `it had ended before ${what}`);
  }
  const finished = await facelatch(...trainArgs("killed"));
  assert.equal(finished.exitCode, 0, finished.stderr);
  const [a, b] = await Promise.all(
    ["whole", "killed"].map((name) => readFile(join(runDir(name), runFolder.classifier))),
  );
  assert.ok(a!.equals(b!), "the classifiers differ");
  const [first, second] = await Promise.all(["whole", "killed"].map((name) => readRunRecord(runDir(name))));
  assert.ok(second!.resumedAt > 0 && second!.resumedAt < 60, `resumed at ${second!.resumedAt}`);
  assert.deepEqual(second!.history, first!.history);
  assert.deepEqual(second!.datasetSha256, first!.datasetSha256);
});

test("a full disk is told by the file that did not fit, and nothing is lost: with space again, it ends the same", async () => {
  // The kernel refuses writes beyond a limit on the size of files (EFBIG, as Node.js ignores SIGXFSZ).
  const limited = (bytes: number) =>
    start("prlimit", [`--fsize=${bytes}`, process.execPath, facelatchProgram, ...trainArgs("full")]).ended;
  for (const [bytes, file] of [
    [4_000, /expected to write .*full\/prepared\/scan\/owner\/.*\.jpg/],
    [2_000_000, /expected to write .*extractor\.tflite/],
  ] as const) {
    const { exitCode, stderr } = await limited(bytes);
    assert.equal(exitCode, 74, stderr);
    assert.match(stderr, file);
    assert.match(stderr, /Make room, then run the same command again: what is done is kept\. \[DISK_FULL\]/);
  }
  const { exitCode, stderr } = await facelatch(...trainArgs("full"));
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stderr, /preparing/, "what was prepared before is kept");
  const [a, b] = await Promise.all(["whole", "full"].map((name) => readFile(join(runDir(name), runFolder.classifier))));
  assert.ok(a!.equals(b!), "the classifiers differ");
});

test("weights that are none end with an error that names the file", async () => {
  const weights = join(folder, "weights.h5");
  await writeFile(weights, "no weights");
  const { exitCode, stderr } = await facelatch(...trainArgs("weights"), "--weights", weights);
  assert.equal(exitCode, 65);
  assert.match(stderr, /weights\.h5.*\[INPUT_INVALID\]/);
  const missing = await facelatch(...trainArgs("weights"), "--weights", join(folder, "nothing.h5"));
  assert.match(missing.stderr, /weights at .*nothing\.h5.*Give --weights keras.*\[INPUT_MISSING\]/);
});

test("flags that do not go together are refused", async () => {
  for (const args of [
    ["train", "--data", dataDir, "--out", runDir("none")],
    [...trainArgs("none"), "--add", dataDir],
    ["train", "--from", runDir("whole")],
    ["train", "--from", runDir("whole"), "--add", dataDir, "--owner", owner],
    [...trainArgs("none"), "--backbone", "inception-resnet-v2", "--alpha", "0.5"],
  ]) {
    const { exitCode, stderr } = await facelatch(...args);
    assert.equal(exitCode, 64, stderr);
    assert.match(stderr, /\[USAGE\]/);
  }
});

test("a stopped training says how it goes on", async () => {
  const { child, ended } = startFacelatch(...trainArgs("stopped"));
  const journal = join(runDir("stopped"), runFolder.prepared, "scan/owner.jsonl");
  await eventually(
    "a scan",
    () => stat(journal),
    ({ size }) => size > 500,
    deadlineMs,
  );
  child.kill("SIGINT");
  const { exitCode, stderr } = await ended;
  assert.equal(exitCode, 130);
  assert.match(stderr, /The same command goes on from here/);
});

test("retraining adds pictures to training alone, reuses features, and compares on the same test pictures", async () => {
  const addDir = join(folder, "more");
  await writeOwner(join(addDir, "owner"), { fromS: 40, lengthS: 8, everyS: 2 });
  await writeObjects(join(addDir, "objects"), 1);
  const earlier = await readOutcome(runDir("whole"));
  const tested = earlier.predictions.test.map(({ picture }) => picture);
  const copied = portraitPhotos().find((photo) => tested.includes(`test/others/${basename(photo)}.jpg`))!;
  await copyInto(join(addDir, "others"), [copied]);
  const { exitCode, stderr, json } = await facelatch("train", "--from", runDir("whole"), "--add", addDir, "--json");
  assert.equal(exitCode, 0, stderr);
  const { record, predictions } = await readOutcome(`${runDir("whole")}-retrained`);
  const kept = await readOutcome(join(`${runDir("whole")}-retrained`, runFolder.before));
  assert.deepEqual(json()["retraining"], JSON.parse(JSON.stringify(record.retraining)));
  const { added, figures, shared, worse } = record.retraining!;
  assert.equal(added.others, 0, "a copy of a test photo is not trained on");
  assert.ok(added.owner > 0 && added.objects > 0, JSON.stringify(added));
  assert.deepEqual([figures[0]!.before, shared], [earlier.record.testAccuracy, tested.length]);
  const fell = figures.filter(({ before: old, after: now }) => now.value < old.value).map(({ name }) => name);
  assert.deepEqual(worse, fell);
  for (const split of ["validation", "test"] as const) {
    const pictures = (all: typeof predictions) => all[split].map(({ picture }) => picture);
    assert.deepEqual(pictures(predictions), pictures(earlier.predictions));
  }
  assert.deepEqual(kept.predictions, earlier.predictions);
  const extracted = Number(/features of train: (\d+) in/.exec(stderr)![1]);
  const addedPictures = added.owner + added.others + added.objects;
  assert.ok(extracted > 0 && extracted <= 2 * addedPictures, `${extracted} rows for ${addedPictures} pictures`);
  assert.deepEqual(await readRunRecord(runDir("whole")), earlier.record);
});

test("a retraining into its own run, or with settings that are the run's, is refused", async () => {
  const from = ["train", "--from", runDir("whole"), "--add", join(folder, "more")];
  const own = await facelatch(...from, "--out", runDir("whole"));
  assert.deepEqual([own.exitCode, /another folder/.test(own.stderr)], [64, true], own.stderr);
  const other = await facelatch(...from, "--seed", "7", "--head", "pooled");
  assert.deepEqual([other.exitCode, /found --head, --seed/.test(other.stderr)], [64, true], other.stderr);
});

test("a retrained run that got worse is not bundled without force", async () => {
  const worse = `${runDir("whole")}-retrained`;
  const record = await readRunRecord(worse);
  await writeRunRecord(worse, { ...record, retraining: { ...record.retraining!, worse: ["the owner recognised"] } });
  const out = join(folder, "worse.tar");
  const { exitCode, stderr } = await facelatch("bundle", "make", "--run", worse, "--out", out);
  assert.equal(exitCode, 65);
  assert.match(stderr, /worse in: the owner recognised.*--force.*\[RUN_WORSE\]/);
  const { manifest } = await makeBundle(worse, { force: true, keys: async () => [testKey(1)] });
  assert.equal(manifest.ownerLabel, owner);
});

test("a bundle keeps the comparisons that its threshold was chosen from, none of a test photo; one of an older run keeps none", async () => {
  const { enrolment, counts } = await readRunRecord(runDir("whole"));
  const make = async (name: string) =>
    (await makeBundle(runDir(name), { force: true, keys: async () => [testKey(1)] })).manifest;
  const { calibration, thresholds } = await make("whole");
  const sum = (series: readonly number[]) => series.reduce((total, count) => total + count, 0);
  assert.ok(calibration !== undefined);
  assert.deepEqual(
    [sum(calibration.genuine), sum(calibration.impostor)],
    [thresholds.frr.trials, thresholds.far.trials],
  );
  assert.ok(thresholds.frr.trials > 0 && thresholds.far.trials > 0);
  assert.ok(thresholds.frr.trials <= counts.train["owner"]! + counts.validation["owner"]!);
  const older = "whole-retrained";
  const record = await readRunRecord(runDir(older));
  const { calibration: _left, ...rest } = record.enrolment;
  assert.deepEqual(
    Object.keys(rest).sort(),
    Object.keys(enrolment)
      .filter((key) => key !== "calibration")
      .sort(),
  );
  await writeRunRecord(runDir(older), { ...record, enrolment: rest });
  assert.equal((await make(older)).calibration, undefined);
});
