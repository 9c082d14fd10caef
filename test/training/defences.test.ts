// The defences of a run, learnt from a small data set of real photos: which are read, what is written, what is left out.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { decodeCoveringHead } from "../../device/bundle/coverings.ts";
import { decodePresentationHead } from "../../device/bundle/presentation.ts";
import { openCoveringExtractor } from "../../device/vision/covering-detector.ts";
import type { Engine } from "../../device/vision/engine.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { openBackbone } from "../../training/backbones/open-backbone.ts";
import { notebookShape } from "../../training/classifier-input.ts";
import { learnDefences, readTrainingFaces, usualDefencePhotosMax } from "../../training/defences.ts";
import { objectPhotos, strangerPhotos } from "../../training/demo/npm-media.ts";
import { runFolder } from "../../training/run/run-folder.ts";
import { useWasmBackend } from "../../training/tensor-backend.ts";
import { silentProgress } from "./silent-progress.ts";

const quiet = silentProgress();

let folder: string;
let dataDir: string;
let engine: Engine;

/** A data set of links: the first ten photos are the owner's, and one more that shows nobody. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-defences-"));
  dataDir = join(folder, "data");
  const link = async (paths: readonly string[], name: string) => {
    await mkdir(join(dataDir, name), { recursive: true });
    for (const path of paths) await symlink(path, join(dataDir, name, basename(path)));
  };
  const people = strangerPhotos();
  await link([...people.slice(0, 10), objectPhotos()[0]!], "owner");
  await link(people.slice(10), "others");
  await link(objectPhotos().slice(1, 5), "objects");
  engine = openTfliteEngine({ threads: 1, delegate: "auto" });
});
after(() => rm(folder, { recursive: true }));

const readFaces = (changes: Partial<Parameters<typeof readTrainingFaces>[0]> = {}) =>
  readTrainingFaces({
    dataDir,
    engine,
    seed: 1,
    defencePhotosMax: usualDefencePhotosMax,
    isForTraining: () => true,
    progress: quiet,
    ...changes,
  });

const groupsOf = ({ photos }: Awaited<ReturnType<typeof readFaces>>) => photos.map(({ group }) => group).sort();

test("all photos with a face are read, links among them; what shows nobody is left out", async () => {
  const read = await readFaces();
  const owner = groupsOf(read).filter((group) => group.startsWith("owner/"));
  assert.deepEqual(
    owner,
    strangerPhotos()
      .slice(0, 10)
      .map((path) => `owner/${basename(path)}`)
      .sort(),
  );
  assert.ok(read.photos.length >= 20, `${read.photos.length} photos`);
  assert.equal(read.scenes.length, 4);
});

test("no more photos are read than may be, half of them the owner's", async () => {
  const groups = groupsOf(await readFaces({ defencePhotosMax: 8 }));
  assert.ok(groups.length <= 8 && groups.length >= 6, groups.join());
  assert.ok(groups.filter((group) => group.startsWith("owner/")).length <= 4);
  assert.ok(groups.some((group) => group.startsWith("others/")));
});

test("a photo that is kept for testing is not read", async () => {
  const kept = basename(strangerPhotos()[0]!);
  const groups = groupsOf(await readFaces({ isForTraining: (_, photo) => photo !== kept }));
  assert.ok(!groups.includes(`owner/${kept}`));
  assert.ok(groups.includes(`owner/${basename(strangerPhotos()[1]!)}`));
});

test("a damaged photo is passed over", async () => {
  const path = join(dataDir, "owner", "damaged.jpg");
  await writeFile(path, "no picture");
  const groups = groupsOf(await readFaces());
  await rm(path);
  assert.deepEqual(groups, groupsOf(await readFaces()));
});

test("what was learnt is written as the device reads it, with the rates of unseen photos", async () => {
  await useWasmBackend();
  const runDir = join(folder, "run");
  await mkdir(runDir);
  const backbone = await openBackbone({ shape: notebookShape, weights: "npm", progress: silentProgress() });
  const record = await learnDefences({
    dataDir,
    runDir,
    engine,
    backbone,
    seed: 1,
    defencePhotosMax: usualDefencePhotosMax,
    isForTraining: () => true,
    progress: quiet,
  });
  const file = (name: string) => readFile(join(runDir, name));
  assert.ok(record.photos >= 20);
  const { coverings, spoof } = record;
  assert.ok(coverings?.mask && spoof);
  openCoveringExtractor(engine, await file(runFolder.coveringModel), coverings.input);
  const head = decodeCoveringHead(await file(runFolder.maskHead), "mask");
  assert.ok(head.weights.some((weight) => weight !== 0));
  decodePresentationHead(await file(runFolder.spoofHead));
  assert.equal(coverings.mask.suspected["masked"]!.n, record.photos);
  assert.ok(coverings.mask.suspected["masked"]!.value >= 0.6);
  assert.ok(coverings.mask.suspected["bare"]!.value <= 0.01);
  const written = await readdir(runDir);
  assert.equal(written.includes(runFolder.occlusionHead), coverings.occlusion !== null);
});

test("with too few photos there is no defence, and it is said", async () => {
  await useWasmBackend();
  const runDir = join(folder, "few");
  await mkdir(runDir);
  const said: string[] = [];
  const record = await learnDefences({
    dataDir,
    runDir,
    engine,
    backbone: await openBackbone({ shape: notebookShape, weights: "npm", progress: silentProgress() }),
    defencePhotosMax: 6,
    seed: 1,
    isForTraining: () => true,
    progress: { ...quiet, say: (line) => said.push(line) },
  });
  assert.deepEqual([record.coverings, record.spoof], [null, null]);
  assert.match(said[0]!, /No defence against masks and dark glasses: .*at least 12 photos/);
  assert.match(said[1]!, /No defence against prints and screens/);
  assert.deepEqual(await readdir(runDir), []);
});
