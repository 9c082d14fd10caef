// Enrolment: whose photos count, how many templates come of them, and what a photo scores that had no part in them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { cosine, embeddingFault, meanEmbedding } from "../../../device/bundle/embedding.ts";
import { galleryLimits, personScore } from "../../../device/bundle/gallery.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { clusterCentres } from "../../../training/verifier/cluster-centres.ts";
import { enrol, type PersonPhoto } from "../../../training/verifier/enrol.ts";
import { crowd } from "./people.ts";

const apart = (embeddings: readonly Float32Array[]): PersonPhoto[] =>
  embeddings.map((embedding, i) => ({ embedding, group: `${i}` }));

function strangers(seed: number, count: number): Float32Array[] {
  const { direction } = crowd(seed);
  return Array.from({ length: count }, direction);
}

describe("outliers", () => {
  test("photos of somebody else are left out, wherever they lie among the person's", () => {
    const places = fc.uniqueArray(fc.nat(29), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.nat(), places, fc.boolean(), (seed, wrong, ofOnePerson) => {
        const { direction, photosOf } = crowd(seed);
        const photos: Float32Array[] = photosOf(direction(), 30);
        const intruders = ofOnePerson ? photosOf(direction(), wrong.length) : strangers(seed + 1, wrong.length);
        for (const [i, place] of wrong.entries()) photos.splice(place, 1, intruders[i]!);
        const { outliers, kept, templates } = enrol("Ann", apart(photos), []);
        assert.deepEqual(
          outliers,
          wrong.toSorted((a, b) => a - b),
        );
        assert.deepEqual(
          [...kept, ...outliers].sort((a, b) => a - b),
          [...photos.keys()],
        );
        const own = photos.filter((_, place) => !wrong.includes(place));
        assert.ok(cosine(templates[0]!, meanEmbedding(own)!) > 1 - 1e-5);
      }),
      { numRuns: 40 },
    );
  });

  test("photos of as many others as of the person are refused, by name", () => {
    const photos = strangers(4, 12);
    for (const given of [photos, [], photos.slice(0, 3)]) {
      assert.throws(
        () => enrol("Ann", apart(given), []),
        (error) => error instanceof FacelatchError && error.code === "DATASET_INVALID" && /Ann/.test(error.message),
      );
    }
  });

  test("one photo alone is a template, of which nothing can be left out", () => {
    const [photo] = strangers(8, 1);
    const { templates, leftOut } = enrol("Ann", apart([photo!]), strangers(9, 50));
    assert.equal(templates.length, 1);
    assert.ok(cosine(templates[0]!, photo!) > 1 - 1e-6);
    assert.ok(leftOut[0]!.score > 1 - 1e-6 && leftOut[0]!.meanScore > 1 - 1e-6);
  });
});

describe("templates", () => {
  test("are one for a person who looks the same in every photo", () => {
    const { direction, photosOf } = crowd(21);
    const { templates } = enrol("Ann", apart(photosOf(direction(), 80)), strangers(22, 300));
    assert.equal(templates.length, 1);
  });

  test("are several for a person of two looks, and serve the rarer look better", () => {
    const { direction, near, photosOf } = crowd(31);
    const person = direction();
    const [usual, rare] = [near(person, 0.75), near(person, 0.75)];
    const photos = [...photosOf(usual, 60, 0.9), ...photosOf(rare, 12, 0.9)];
    const { templates, leftOut } = enrol("Ann", apart(photos), strangers(32, 300));
    assert.ok(leftOut.every(({ score, meanScore }) => score >= meanScore));
    assert.ok(leftOut.some(({ score, meanScore }) => score > meanScore + 0.1));
    assert.ok(templates.length > 1 && templates.length <= galleryLimits.templatesPerPersonMax);
    for (const template of templates) assert.equal(embeddingFault(template), null);
    const probes = photosOf(rare, 40, 0.9);
    const meanOf = (scores: readonly number[]) => scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const byMean = meanOf(probes.map((probe) => cosine(probe, templates[0]!)));
    assert.ok(meanOf(probes.map((probe) => personScore(probe, templates))) > byMean + 0.1);
  });

  test("stay one where nobody is there to be told from", () => {
    const { direction, near, photosOf } = crowd(31);
    const person = direction();
    const photos = [...photosOf(near(person, 0.75), 60, 0.9), ...photosOf(near(person, 0.75), 12, 0.9)];
    assert.equal(enrol("Ann", apart(photos), []).templates.length, 1);
  });

  test("are the same for the same photos", () => {
    const { direction, photosOf } = crowd(41);
    const photos = apart(photosOf(direction(), 50, 0.7));
    assert.deepEqual(enrol("Ann", photos, strangers(42, 60)), enrol("Ann", photos, strangers(42, 60)));
  });

  test("clusters of a few photos are given up", () => {
    const { direction, photosOf } = crowd(51);
    const person = direction();
    const photos = [...photosOf(person, 40, 0.95), ...photosOf(direction(), 3, 0.95)];
    for (const centre of clusterCentres(photos, 4)) assert.ok(cosine(centre, person) > 0.9);
  });
});

describe("a photo that had no part in the templates", () => {
  test("scores as a new photo does, and lower than one that had", () => {
    const { direction, photosOf } = crowd(61);
    const person = direction();
    const photos = photosOf(person, 8, 0.7);
    const { templates, leftOut } = enrol("Ann", apart(photos), []);
    const meanOf = (scores: readonly number[]) => scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const honest = meanOf(leftOut.map(({ score }) => score));
    const fresh = meanOf(photosOf(person, 400, 0.7).map((photo) => personScore(photo, templates)));
    const taken = meanOf(photos.map((photo) => personScore(photo, templates)));
    assert.ok(Math.abs(honest - fresh) < 0.05, `${honest} for left out, ${fresh} for new ones`);
    assert.ok(taken > honest + 0.05, `${taken} for those that the templates are made of`);
  });

  test("is left out together with its group", () => {
    const { direction, near, photosOf } = crowd(71);
    const person = direction();
    // Three days, each with a look of its own: within a day photos are nearly the same.
    const days = Array.from({ length: 3 }, () => near(person, 0.7)).flatMap((day, group) =>
      photosOf(day, 10, 0.99).map((embedding) => ({ embedding, group: `day ${group}` })),
    );
    const grouped = enrol("Ann", days, []).leftOut.map(({ score }) => score);
    const ungrouped = enrol("Ann", apart(days.map(({ embedding }) => embedding)), []).leftOut.map(({ score }) => score);
    assert.ok(Math.max(...grouped) < Math.min(...ungrouped) - 0.05);
  });
});
