// Preparation: nothing twice, one class remade alone, nothing torn apart, and every unusable photo named.
import assert from "node:assert/strict";
import { appendFile, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import sharp from "sharp";
import { type ClassFolder, classFolders, splitNames } from "../../../training/dataset/classes.ts";
import { type Prepared, type PrepareOptions, prepareDataset } from "../../../training/dataset/prepare.ts";
import { copyInto, portraitPhotos, writeObjects, writePreparable } from "../../fixtures/small-data-set.ts";
import { silentProgress } from "../silent-progress.ts";

const framing = { kind: "face", sizePx: 96, faceMarginRatio: 1.5, faceWidthMinPx: 40 } as const;
let folder = "";
let dataDir = "";
let preparedDir = "";
let prepared: Prepared;

const optionsOf = (data: string, target: string): PrepareOptions => ({
  ...{ dataDir: data, preparedDir: target, framing, seed: 1, heldOut: [], grow: false },
  progress: silentProgress(),
});

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-prepare-"));
  dataDir = join(folder, "data");
  preparedDir = join(folder, "prepared");
  await writePreparable(dataDir);
  prepared = await prepareDataset(optionsOf(dataDir, preparedDir));
});

after(() => rm(folder, { recursive: true, force: true }));

/** The data set and its preparation, for a test to change. */
async function copies(t: TestContext) {
  const own = await mkdtemp(join(folder, "copy-"));
  t.after(() => rm(own, { recursive: true, force: true }));
  const [data, target] = [join(own, "data"), join(own, "prepared")];
  // With their times: a photo that changed is read again.
  await cp(dataDir, data, { recursive: true, preserveTimestamps: true });
  await cp(preparedDir, target, { recursive: true, preserveTimestamps: true });
  return { data, target, options: optionsOf(data, target) };
}

/** Inode and time of every prepared picture of a class: both change when it is made anew. */
async function marksOf(target: string, name: ClassFolder): Promise<string[]> {
  const marks: string[] = [];
  for (const split of splitNames) {
    for (const picture of await readdir(join(target, split, name))) {
      const { ino, mtimeMs } = await stat(join(target, split, name, picture));
      marks.push(`${split}/${picture} ${ino} ${mtimeMs}`);
    }
  }
  return marks.sort();
}

test("every class has pictures of the wanted size in all three splits, and nothing leaks", async () => {
  for (const split of splitNames) {
    for (const name of classFolders) assert.ok(prepared.counts[split][name] > 0, `${split} ${name}`);
  }
  for (const { pictures } of prepared.photos) {
    for (const picture of pictures) {
      const { width, height, format } = await sharp(join(preparedDir, picture)).metadata();
      assert.deepEqual([width, height, format], [96, 96, "jpeg"]);
    }
  }
  assert.deepEqual([prepared.leaks, prepared.skipped], [0, []]);
});

test("where all three splits are there, nothing is done", async (t) => {
  const { target, options } = await copies(t);
  const marks = await Promise.all(classFolders.map((name) => marksOf(target, name)));
  const again = await prepareDataset(options);
  assert.deepEqual(await Promise.all(classFolders.map((name) => marksOf(target, name))), marks);
  assert.deepEqual(again, prepared);
});

test("a class with an empty split is made anew, alone, and comes out the same", async (t) => {
  const { target, options } = await copies(t);
  const [owner, others, objects] = await Promise.all(classFolders.map((name) => marksOf(target, name)));
  for (const picture of await readdir(join(target, "test/others"))) await rm(join(target, "test/others", picture));
  const again = await prepareDataset(options);
  assert.deepEqual(await marksOf(target, "owner"), owner);
  assert.deepEqual(await marksOf(target, "objects"), objects);
  const remade = await marksOf(target, "others");
  assert.equal(remade.length, others!.length);
  assert.ok(remade.every((mark) => !others!.includes(mark)));
  assert.deepEqual(again.counts, prepared.counts);
});

test("a scan whose journal was cut short goes on, and another seed splits otherwise", async (t) => {
  const { target, options } = await copies(t);
  const scan = join(target, "scan");
  await mkdir(join(scan, "owner"), { recursive: true });
  const finished = JSON.parse(await readFile(join(target, "owner.json"), "utf8"));
  const { kind, sizePx, faceMarginRatio, faceWidthMinPx } = framing;
  const header = JSON.stringify({ formatVersion: 1, kind, sizePx, faceMarginRatio, faceWidthMinPx });
  const lines = finished.photos.map(({ split: _, ...photo }: { split: string }) => JSON.stringify(photo));
  await writeFile(join(scan, "owner.jsonl"), `${[header, ...lines.slice(0, 4)].join("\n")}\n${lines[4].slice(0, 30)}`);
  // As a kill while the squares are moved leaves it: some in their splits, no file that says the class is whole.
  await rm(join(target, "owner.json"));
  assert.deepEqual((await prepareDataset(options)).photos, prepared.photos);
  const other = await prepareDataset({ ...options, seed: 2 });
  const splitsOf = ({ photos }: Prepared) => photos.map(({ path, split }) => `${path} ${split}`);
  assert.notDeepEqual(splitsOf(other), splitsOf(prepared));
});

test("photos that came later are told of, or join training alone", async (t) => {
  const { data, options } = await copies(t);
  await writeObjects(join(data, "objects"), 3);
  const measured = prepared.photos.find(({ folder: name, split }) => name === "objects" && split === "test")!;
  await copyFile(join(data, measured.path), join(data, "objects/copy.jpg"));
  const told = await prepareDataset(options);
  assert.deepEqual(told.counts, prepared.counts);
  assert.match(told.notes.join(), /objects: \d+ photos came since it was prepared; delete .*objects\.json/);
  const grown = await prepareDataset({ ...options, grow: true });
  for (const split of ["validation", "test"] as const) assert.deepEqual(grown.counts[split], prepared.counts[split]);
  assert.ok(grown.counts.train.objects > prepared.counts.train.objects);
  const left = grown.skipped.find(({ path }) => path === "objects/copy.jpg");
  assert.match(left!.reason, /kept for measuring/);
  assert.equal(grown.leaks, 0);
});

test("near-duplicates, and photos of one person, go to one split", async (t) => {
  const { data, options, target } = await copies(t);
  await rm(target, { recursive: true });
  const portraits = portraitPhotos();
  const name = (i: number) => basename(portraits[i]!);
  for (let i = 8; i < 14; i++) {
    const smaller = sharp(portraits[i]!).resize({ width: 240 }).modulate({ brightness: 1.15 });
    await smaller.jpeg({ quality: 50 }).toFile(join(data, "others", `saved-again-${i}.jpg`));
  }
  const rows = [`others/${name(14)}\tA Person\tcamera roll\tIMG_1`, `others/${name(15)}\tA Person\tcamera roll\tIMG_2`];
  await writeFile(join(data, "manifest.tsv"), `path\tidentity\tsource repo\tsource path\n${rows.join("\n")}\n`);
  for (let seed = 1; seed <= 3; seed++) {
    const { photos, leaks } = await prepareDataset({ ...options, seed });
    const splitOf = (path: string) => photos.find((photo) => photo.path === path)?.split;
    for (let i = 8; i < 14; i++) {
      assert.ok(splitOf(`others/${name(i)}`), name(i));
      assert.equal(splitOf(`others/saved-again-${i}.jpg`), splitOf(`others/${name(i)}`), name(i));
    }
    assert.equal(splitOf(`others/${name(14)}`), splitOf(`others/${name(15)}`));
    assert.equal(leaks, 0);
  }
});

test("a leak is counted by the prepared files, whoever made the split", async (t) => {
  const { target, options } = await copies(t);
  const finished = JSON.parse(await readFile(join(target, "owner.json"), "utf8"));
  const [from] = finished.photos.filter(({ split }: { split: string }) => split === "train");
  const picture = from.pictures[0];
  await copyFile(join(target, "train/owner", picture.name), join(target, "test/owner", `leak-${picture.name}`));
  const planted = {
    ...from,
    path: "owner/leak.jpg",
    split: "test",
    pictures: [{ ...picture, name: `leak-${picture.name}` }],
  };
  await writeFile(join(target, "owner.json"), JSON.stringify({ ...finished, photos: [...finished.photos, planted] }));
  const { leaks, leaking } = await prepareDataset(options);
  assert.equal(leaks, 1);
  assert.deepEqual([leaking.worst[0]!.a, leaking.worst[0]!.b].sort(), [
    `test/owner/leak-${picture.name}`,
    `train/owner/${picture.name}`,
  ]);
});

test("what cannot be used is skipped and named, and the rest is prepared", async (t) => {
  const { data, options, target } = await copies(t);
  await rm(target, { recursive: true });
  const owner = join(data, "owner");
  await writeFile(join(owner, "text.jpg"), "no picture");
  await writeFile(join(owner, "empty.png"), "");
  await sharp({ create: { width: 1, height: 1, channels: 3, background: "#777" } }).toFile(join(owner, "dot.png"));
  await copyFile(
    (await readdir(join(data, "objects"))).map((name) => join(data, "objects", name))[0]!,
    join(owner, "thing.jpg"),
  );
  await copyFile(portraitPhotos()[0]!, join(owner, "cut.jpg"));
  await writeFile(join(owner, "cut.jpg"), (await readFile(portraitPhotos()[0]!)).subarray(0, 300));
  const { skipped, counts } = await prepareDataset(options);
  assert.deepEqual(
    skipped.map(({ path, kind }) => `${path} ${kind}`),
    [
      "owner/cut.jpg unreadable",
      "owner/dot.png too-small",
      "owner/empty.png unreadable",
      "owner/text.jpg unreadable",
      "owner/thing.jpg no-face",
    ],
  );
  for (const { path, reason } of skipped) {
    if (!path.endsWith("thing.jpg")) assert.ok(reason.includes(path), reason);
    assert.match(reason, /expected .*found .*\. [A-Z]/);
  }
  assert.deepEqual(counts.train.others, prepared.counts.train.others);
});

test("a photo of 12,000 px and one that lies on its side are framed as any other", async (t) => {
  const { data, options, target } = await copies(t);
  await rm(target, { recursive: true });
  const face = portraitPhotos().find((path) => path.endsWith("audrey.jpg"))!;
  await rm(join(data, "others"), { recursive: true });
  await copyInto(
    join(data, "others"),
    portraitPhotos()
      .slice(8, 16)
      .filter((path) => path !== face),
  );
  const { width = 1, height = 1 } = await sharp(face).metadata();
  const large = { width: 12_000, height: Math.round((12_000 * height) / width) };
  const scale = Math.min(1, 12_000 / large.height);
  await sharp(face)
    .resize(Math.round(large.width * scale), Math.round(large.height * scale))
    .jpeg({ quality: 60 })
    .toFile(join(data, "others/large.jpg"));
  // The pixels turned to the left, and EXIF that says so.
  await sharp(await sharp(face).rotate(270).toBuffer())
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(join(data, "others/turned.jpg"));
  const { photos, skipped } = await prepareDataset(options);
  assert.deepEqual(skipped, []);
  const squares = await Promise.all(
    ["others/large.jpg", "others/turned.jpg"].map(async (path) => {
      const { pictures } = photos.find((photo) => photo.path === path)!;
      return sharp(join(target, pictures[0]!)).greyscale().resize(24, 24, { fit: "fill" }).raw().toBuffer();
    }),
  );
  const difference = squares[0]!.reduce((sum, value, i) => sum + Math.abs(value - squares[1]![i]!), 0) / 576;
  assert.ok(difference < 12, `squares differ by ${difference} of 255`);
});

test("a class without photos, or with one, ends with an error that names the folder; the others are kept", async (t) => {
  const { data, options, target } = await copies(t);
  await rm(target, { recursive: true });
  await rm(join(data, "objects"), { recursive: true });
  const empty = { code: "DATASET_INVALID", message: /at least 3 photos in .*objects; found none\. Add photos/ };
  await assert.rejects(prepareDataset(options), empty);
  await mkdir(join(data, "objects"));
  await copyFile(
    join(dataDir, "objects", (await readdir(join(dataDir, "objects")))[0]!),
    join(data, "objects/one.jpg"),
  );
  const one = { code: "DATASET_INVALID", message: /at least 3 photos in .*objects; found only one\.jpg/ };
  await assert.rejects(prepareDataset(options), one);
  const journal = await readFile(join(target, "scan/owner.jsonl"), "utf8");
  assert.equal(journal.trim().split("\n").length, 1 + (await readdir(join(data, "owner"))).length);
  await rm(join(data, "objects"), { recursive: true });
  await cp(join(dataDir, "objects"), join(data, "objects"), { recursive: true });
  assert.deepEqual((await prepareDataset(options)).counts, prepared.counts);
});

test("photos that are held out are in no split", async (t) => {
  const { data, options, target } = await copies(t);
  await rm(target, { recursive: true });
  await copyInto(join(data, "others/kin"), portraitPhotos().slice(0, 2));
  const { photos } = await prepareDataset({ ...options, heldOut: ["others/kin"] });
  assert.ok(photos.every(({ path }) => !path.startsWith("others/kin/")));
  assert.equal(photos.length, prepared.photos.length);
});

test("a list of sources that cannot be read names its line", async (t) => {
  const { data, options, target } = await copies(t);
  await rm(target, { recursive: true });
  await writeFile(join(data, "manifest.tsv"), "path\tidentity\n");
  await appendFile(join(data, "manifest.tsv"), "\tnobody\n");
  await assert.rejects(prepareDataset(options), { code: "DATASET_INVALID", message: /line 2 of .*manifest\.tsv/ });
});
