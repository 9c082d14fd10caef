// Which photos belong together: bursts, copies, sources; and how groups are dealt, and joined to splits that are there.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import type { SplitName } from "../../../training/dataset/classes.ts";
import { dealPhotos, joinTraining } from "../../../training/dataset/deal.ts";
import { readCapture } from "../../../training/dataset/exif.ts";
import { alikeBitsMax, groupPhotos, type KnownPhoto } from "../../../training/dataset/groups.ts";
import { hashDistance, hashFromText, hashToText, perceptualHash } from "../../../training/dataset/perceptual-hash.ts";
import { readPhoto } from "../../../training/dataset/photo.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { portraitPhotos } from "../../fixtures/small-data-set.ts";

const links = { folders: true, alike: true };

/** A photo unlike any of another `look`. */
function known(path: string, look: number, more: Partial<KnownPhoto> = {}): KnownPhoto {
  const random = seededRandom(look);
  const hash = Uint32Array.from({ length: 8 }, () => random.below(2 ** 32));
  const folder = path.split("/")[0] as KnownPhoto["folder"];
  return { path, folder, sha256: path, takenAtMs: null, camera: null, hashes: [hash], ...more };
}

const groupsOf = (photos: readonly KnownPhoto[], sources = new Map()) =>
  groupPhotos(photos, sources, links).map((group) => group.map((index) => photos[index]!.path));

test("one camera's photos of the same ten seconds are a burst, another camera's are not", () => {
  const at = (path: string, look: number, second: number, camera: string) =>
    known(path, look, { takenAtMs: 1_000 * second, camera });
  const photos = [
    at("owner/a.jpg", 1, 0, "phone"),
    at("owner/b.jpg", 2, 9, "phone"),
    at("owner/c.jpg", 3, 18, "phone"),
    at("owner/d.jpg", 4, 60, "phone"),
    at("owner/e.jpg", 5, 5, "camera"),
  ];
  assert.deepEqual(groupsOf(photos), [["owner/a.jpg", "owner/b.jpg", "owner/c.jpg"], ["owner/d.jpg"], ["owner/e.jpg"]]);
});

test("copies, near-duplicates, one source and one folder join, through each other and across classes", () => {
  const sources = new Map([
    ["others/s1.jpg", { identity: null, source: "roll/7" }],
    ["objects/s2.jpg", { identity: null, source: "roll/7" }],
  ]);
  const near = known("owner/near.jpg", 1);
  near.hashes[0]![0]! ^= 0b1011;
  const photos = [
    known("owner/a.jpg", 1),
    near,
    known("owner/day/b.jpg", 2, { sha256: "same" }),
    known("owner/day/c.jpg", 3),
    known("others/copy.jpg", 4, { sha256: "same" }),
    known("others/s1.jpg", 5),
    known("objects/s2.jpg", 6),
  ];
  assert.deepEqual(groupsOf(photos, sources), [
    ["owner/a.jpg", "owner/near.jpg"],
    ["owner/day/b.jpg", "owner/day/c.jpg", "others/copy.jpg"],
    ["others/s1.jpg", "objects/s2.jpg"],
  ]);
});

test("no group is dealt to two splits, whatever is alike; what was dealt before stays", () => {
  const photos = fc
    .array(fc.record({ folder: fc.integer({ min: 0, max: 6 }), look: fc.integer({ min: 1, max: 30 }) }), {
      ...{ minLength: 6, maxLength: 60 },
    })
    .map((drawn) => drawn.map(({ folder, look }, i) => known(`owner/${folder}/${i}.jpg`, look)));
  fc.assert(
    fc.property(photos, fc.integer({ min: 0, max: 1_000 }), (drawn, seed) => {
      const { splits, leftOut } = dealPhotos(drawn, new Map(), new Map(), seed);
      assert.equal(splits.size + leftOut.length, drawn.length);
      for (const a of drawn) {
        for (const b of drawn) {
          const isSame = hashDistance(a.hashes[0]!, b.hashes[0]!) === 0;
          const [one, other] = [splits.get(a.path), splits.get(b.path)];
          if (isSame && one !== undefined && other !== undefined) assert.equal(one, other);
        }
      }
      const again = dealPhotos([...drawn, known("owner/new.jpg", 99)], splits, new Map(), seed + 1);
      for (const [path, split] of splits) assert.equal(again.splits.get(path), split);
    }),
    { numRuns: 50 },
  );
});

test("photos that join go to training, but not those that belong to a photo that is measured on", () => {
  const fixed = new Map<string, SplitName>([
    ["owner/a.jpg", "train"],
    ["owner/b.jpg", "test"],
    ["others/c.jpg", "validation"],
  ]);
  const photos = [
    ...[known("owner/a.jpg", 1), known("owner/b.jpg", 2), known("others/c.jpg", 3)],
    ...[known("owner/like-a.jpg", 1), known("owner/like-b.jpg", 2), known("others/like-c.jpg", 3)],
    known("owner/new.jpg", 4),
  ];
  const { splits, leftOut } = joinTraining(photos, fixed, new Map());
  assert.deepEqual([splits.get("owner/like-a.jpg"), splits.get("owner/new.jpg")], ["train", "train"]);
  assert.deepEqual(
    leftOut.map(({ path }) => path),
    ["owner/like-b.jpg", "others/like-c.jpg"],
  );
  for (const [path, split] of fixed) assert.equal(splits.get(path), split);
});

test("hashes of a photo saved again, smaller or darker are near; of other people they are far", async () => {
  const hashes = [];
  for (const path of portraitPhotos().slice(0, 8)) {
    const original = perceptualHash(await readPhoto(path));
    assert.deepEqual(hashFromText(hashToText(original)), original);
    for (const changed of [
      sharp(path).jpeg({ quality: 40 }),
      sharp(path).resize({ width: 180 }).jpeg(),
      sharp(path).modulate({ brightness: 0.8 }).jpeg(),
    ]) {
      const { data, info } = await sharp(await changed.toBuffer())
        .removeAlpha()
        .toColourspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      const distance = hashDistance(original, perceptualHash({ data, widthPx: info.width, heightPx: info.height }));
      assert.ok(distance <= alikeBitsMax, `${path}: ${distance}`);
    }
    hashes.push(original);
  }
  for (const [i, a] of hashes.entries()) {
    for (const b of hashes.slice(i + 1)) assert.ok(hashDistance(a, b) > alikeBitsMax);
  }
});

test("EXIF tells when and by which camera; damaged data tell nothing", async () => {
  const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#777" } })
    .withExif({
      IFD0: { Make: "Maker", Model: "Phone 8" },
      IFD2: { DateTimeOriginal: "2026:03:01 10:20:30", SubSecTimeOriginal: "250" },
    })
    .jpeg()
    .toBuffer();
  const { exif } = await sharp(jpeg).metadata();
  const takenAtMs = Date.UTC(2026, 2, 1, 10, 20, 30) + 250;
  assert.deepEqual(readCapture(exif!), { takenAtMs, camera: "Maker Phone 8" });
  for (let length = 0; length < exif!.length; length++) {
    const found = readCapture(exif!.subarray(0, length));
    if (found !== null) assert.equal(Math.floor(found.takenAtMs / 1_000), Math.floor(takenAtMs / 1_000));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readCapture(bytes)));
});
