// Splits: no group is torn apart, none of the three is empty, and the seed decides.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type SplitName, splitNames } from "../../../training/dataset/classes.ts";
import { folderOf, groupPhotos, type KnownPhoto } from "../../../training/dataset/groups.ts";
import { dealGroups } from "../../../training/dataset/split.ts";
import { type SeededRandom, seededRandom } from "../../../training/seeded-random.ts";

const groupOf = (photo: string) => folderOf(`owner/${photo}`);

/** Photos of which nothing is known but where they lie. */
function splitByGroup(photos: readonly string[], random: SeededRandom): Map<string, SplitName> {
  const known = [...photos].sort().map(
    (photo): KnownPhoto => ({
      ...{ path: `owner/${photo}`, folder: "owner", sha256: photo },
      ...{ takenAtMs: null, camera: null, hashes: [] },
    }),
  );
  const groups = groupPhotos(known, new Map(), { folders: true, alike: false });
  const splits = dealGroups(
    groups.map(({ length }) => ({ size: length })),
    random,
  );
  return new Map(
    groups.flatMap((group, i) =>
      group.map((index) => [known[index]!.path.slice("owner/".length), splits[i]!] as const),
    ),
  );
}

const dataset = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 60 })), {
    minLength: 3,
    maxLength: 200,
    selector: String,
  })
  .map((pairs) => pairs.map(([group, photo]) => (group === 0 ? `single-${photo}.jpg` : `group-${group}/${photo}.jpg`)));

test("a group goes to one split as a whole", () => {
  fc.assert(
    fc.property(dataset, fc.integer(), (photos, seed) => {
      const splits = splitByGroup(photos, seededRandom(seed));
      const ofGroup = new Map<string, string>();
      for (const photo of photos) {
        const split = splits.get(photo)!;
        assert.equal(ofGroup.get(groupOf(photo)) ?? split, split);
        ofGroup.set(groupOf(photo), split);
      }
    }),
  );
});

test("with three groups or more no split is empty", () => {
  fc.assert(
    fc.property(dataset, fc.integer(), (photos, seed) => {
      if (new Set(photos.map(groupOf)).size < 3) return;
      const used = new Set(splitByGroup(photos, seededRandom(seed)).values());
      assert.deepEqual([...used].sort(), [...splitNames].sort());
    }),
  );
});

test("the same seed gives the same split in whatever order the photos are listed", () => {
  const photos = Array.from({ length: 100 }, (_, i) => `${i}.jpg`);
  const a = splitByGroup(photos, seededRandom(7));
  const b = splitByGroup([...photos].reverse(), seededRandom(7));
  assert.deepEqual([...a].sort(), [...b].sort());
  assert.notDeepEqual([...a].sort(), [...splitByGroup(photos, seededRandom(8))].sort());
});

test("single photos are dealt in the notebook's shares", () => {
  const photos = Array.from({ length: 4093 }, (_, i) => `${i}.jpg`);
  const counts = { train: 0, validation: 0, test: 0 };
  for (const split of splitByGroup(photos, seededRandom(1)).values()) counts[split]++;
  assert.ok(Math.abs(counts.train - 3129) < 10 && Math.abs(counts.validation - 615) < 10, JSON.stringify(counts));
});

test("a group greater than a split's share goes to training", () => {
  const photos = [
    ...Array.from({ length: 445 }, (_, i) => `crowd/${i}.jpg`),
    ...Array.from({ length: 240 }, (_, i) => `${i}.jpg`),
  ];
  for (let seed = 0; seed < 20; seed++) {
    assert.equal(splitByGroup(photos, seededRandom(seed)).get("crowd/0.jpg"), "train");
  }
});
