// The match against owner and household, and the gallery's file: what is packed comes back, what is broken is refused.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { cosine, normalise } from "../../../device/bundle/embedding.ts";
import {
  type Gallery,
  galleryLimits,
  matchOwner,
  type PackedGallery,
  packGallery,
  unpackGallery,
} from "../../../device/bundle/gallery.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";

const width = 12;
const unit = fc
  .array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: width, maxLength: width })
  .map((values) => Float32Array.from(values))
  .filter((values) => normalise(values));
const templates = fc.array(unit, { minLength: 1, maxLength: 5 });
const plain = { noNullPrototype: true } as const;
const member = fc.record({ name: fc.string({ minLength: 1, maxLength: 8 }), templates }, plain);
const household = fc.uniqueArray(member, { selector: ({ name }) => name, maxLength: 4 });
const gallery: fc.Arbitrary<Gallery> = fc.record({ owner: templates, household }, plain);
const axis = (index: number) => Float32Array.from({ length: width }, (_, i) => (i === index ? 1 : 0));

describe("a match", () => {
  test("of one of the owner's templates is certain", () => {
    fc.assert(
      fc.property(gallery, (people) => {
        for (const template of people.owner) assert.ok(matchOwner(template, people).ownerScore > 1 - 1e-5);
      }),
    );
  });

  test("names the nearest household member, and the margin over that one", () => {
    fc.assert(
      fc.property(unit, gallery, (embedding, people) => {
        const found = matchOwner(embedding, people);
        const best = (rows: readonly Float32Array[]) => Math.max(...rows.map((row) => cosine(embedding, row)));
        assert.equal(found.ownerScore, best(people.owner));
        const scores = people.household.map((member) => best(member.templates));
        if (scores.length === 0) {
          assert.deepEqual([found.householdScore, found.nearestHousehold, found.margin], [null, null, null]);
          return;
        }
        assert.equal(found.householdScore, Math.max(...scores));
        assert.equal(found.nearestHousehold, people.household[scores.indexOf(Math.max(...scores))]!.name);
        assert.equal(found.margin, cosine(embedding, people.owner[0]!) - found.householdScore!);
      }),
    );
  });

  test("never gains from one more household member", () => {
    fc.assert(
      fc.property(unit, gallery, templates, (embedding, people, more) => {
        const before = matchOwner(embedding, people);
        const after = matchOwner(embedding, {
          ...people,
          household: [...people.household, { name: "one more", templates: more }],
        });
        assert.equal(after.ownerScore, before.ownerScore);
        assert.ok(after.margin! <= (before.margin ?? 2));
      }),
    );
  });

  test("with a single look of the owner's raises his score and not the margin", () => {
    fc.assert(
      fc.property(unit, gallery, templates, (embedding, people, looks) => {
        const before = matchOwner(embedding, people);
        const after = matchOwner(embedding, { ...people, owner: [...people.owner, ...looks] });
        assert.ok(after.ownerScore >= before.ownerScore);
        assert.equal(after.margin, before.margin);
      }),
    );
  });

  test("of no numbers passes no threshold, and without templates of the owner nobody does", () => {
    const people = { owner: [axis(0)], household: [{ name: "Jon", templates: [axis(1)] }] };
    const nan = matchOwner(new Float32Array(width).fill(Number.NaN), people);
    assert.equal(nan.ownerScore >= -1 || nan.margin! >= -2, false);
    assert.equal(matchOwner(axis(0), { owner: [], household: [] }).ownerScore, -1);
  });
});

describe("the gallery's file", () => {
  test("comes back as it was packed, also out of a larger buffer", () => {
    fc.assert(
      fc.property(gallery, fc.nat(7), (people, before) => {
        const { bytes, ...layout } = packGallery(people);
        const within = new Uint8Array(before + bytes.length + 3);
        within.set(bytes, before);
        const found = unpackGallery(within.subarray(before, before + bytes.length), layout, width);
        assert.deepEqual(found, people);
      }),
    );
  });

  const people: Gallery = {
    owner: [axis(0), axis(1)],
    household: [{ name: "Jon", templates: [axis(2)] }],
  };
  const withValue = (at: number, value: number): PackedGallery => {
    const packed = packGallery(people);
    new DataView(packed.bytes.buffer).setFloat32(at * 4, value, true);
    return packed;
  };
  const packed = packGallery(people);
  const broken: Record<string, readonly [PackedGallery, string, RegExp]> = {
    "a value that is no number": [withValue(3, Number.NaN), "MODEL_INVALID", /of the owner with values/],
    "an infinite value": [withValue(2 * width, Number.POSITIVE_INFINITY), "MODEL_INVALID", /of Jon with values/],
    "a template that is no unit vector": [withValue(0, 1.1), "MODEL_INVALID", /length 1\.1000/],
    "a template of zeros": [withValue(0, 0), "MODEL_INVALID", /length 0\.0000/],
    "a file that ends too early": [
      { ...packed, bytes: packed.bytes.subarray(0, -1) },
      "BUNDLE_MANIFEST_INVALID",
      /143 bytes for 3 rows/,
    ],
    "a row too many": [{ ...packed, owner: 3 }, "BUNDLE_MANIFEST_INVALID", /for 4 rows/],
    "no template of the owner": [{ ...packed, owner: 0 }, "BUNDLE_MANIFEST_INVALID", /0 templates of the owner/],
    "half a template": [{ ...packed, owner: 1.5 }, "BUNDLE_MANIFEST_INVALID", /1\.5 templates/],
    "more templates than anybody needs": [
      { ...packed, owner: galleryLimits.templatesPerPersonMax + 1 },
      "BUNDLE_MANIFEST_INVALID",
      /not 1 to 64/,
    ],
    "a member without templates": [
      { ...packed, household: [{ name: "Jon", rows: 0 }] },
      "BUNDLE_MANIFEST_INVALID",
      /0 templates of Jon/,
    ],
    "two members of one name": [
      {
        ...packed,
        owner: 1,
        household: [
          { name: "Jon", rows: 1 },
          { name: "Jon", rows: 1 },
        ],
      },
      "BUNDLE_MANIFEST_INVALID",
      /named twice/,
    ],
  };
  for (const [what, [{ bytes, ...layout }, code, found]] of Object.entries(broken)) {
    test(`${what} is refused`, () => {
      assert.throws(
        () => unpackGallery(bytes, layout, width),
        (error) => error instanceof FacelatchError && error.code === code && found.test(error.detail.found),
      );
    });
  }

  test("any bytes under any layout are a gallery or refused", () => {
    const layout = fc.record({
      owner: fc.integer({ min: -1, max: 4 }),
      household: fc.array(fc.record({ name: fc.string(), rows: fc.integer({ min: -1, max: 3 }) }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), layout, (bytes, found) => {
        try {
          packGallery(unpackGallery(bytes, found, width));
        } catch (error) {
          assert.ok(error instanceof FacelatchError, String(error));
        }
      }),
    );
  });
});
