// Two runs on the same test photos: what was mended and what was broken.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rateOf } from "../../../training/metrics.ts";
import { compareRuns, mcNemar } from "../../../training/run/compare-runs.ts";

const photo = (picture: string, truth: number, chosen: number) => ({
  picture,
  truth,
  scores: [0, 1, 2].map((label) => (label === chosen ? 0.8 : 0.1)),
});

describe("two runs on the same photos", () => {
  it("are compared photo by photo, whatever their order", () => {
    const before = [photo("a", 0, 1), photo("b", 0, 0), photo("c", 1, 1), photo("d", 2, 1), photo("gone", 0, 0)];
    const after = [photo("d", 2, 1), photo("c", 1, 0), photo("b", 0, 0), photo("a", 0, 0), photo("new", 1, 0)];
    const { figures, shared, apart, worse } = compareRuns(before, after, 0);
    assert.deepEqual([shared, apart], [4, 2]);
    assert.deepEqual(
      figures.map(({ before, after, mended, broken }) => ({ before, after, mended, broken })),
      [
        { before: rateOf(2, 4), after: rateOf(2, 4), mended: 1, broken: 1 },
        { before: rateOf(1, 2), after: rateOf(2, 2), mended: 1, broken: 0 },
        { before: rateOf(2, 2), after: rateOf(1, 2), mended: 0, broken: 1 },
      ],
    );
    assert.deepEqual(worse, ["others not taken for the owner"]);
  });

  it("are not worse than themselves, and one of two different ones is never both better and worse", () => {
    const run = fc.array(fc.nat(2), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(run, run, (first, second) => {
        const [before, after] = [first, second].map((chosen) => chosen.map((c, i) => photo(String(i), i % 3, c)));
        assert.deepEqual(compareRuns(before!, before!, 0).worse, []);
        const there = compareRuns(before!, after!, 0).worse;
        const back = compareRuns(after!, before!, 0).worse;
        assert.deepEqual(
          there.filter((name) => back.includes(name)),
          [],
        );
      }),
    );
  });

  it("say nothing where no photo is shared", () => {
    assert.deepEqual(compareRuns([photo("a", 0, 0)], [photo("b", 0, 1)], 0), {
      figures: [],
      shared: 0,
      apart: 2,
      worse: [],
    });
  });
});

describe("McNemar's exact test", () => {
  it("has its known values", () => {
    // Two-sided binomial tails at one half: 0 of 5 is 2/32, 1 of 9 is 20/512, 3 of 6 is certain.
    for (const [mended, broken, chance] of [
      [0, 0, 1],
      [5, 0, 0.0625],
      [1, 8, 0.0390625],
      [3, 3, 1],
      [0, 10, 0.001953125],
    ] as const) {
      assert.ok(Math.abs(mcNemar(mended, broken) - chance) < 1e-12, `${mended}, ${broken}: ${mcNemar(mended, broken)}`);
    }
  });

  it("does not lose its way among many photos", () => {
    const chance = mcNemar(4900, 5100);
    assert.ok(chance > 0.04 && chance < 0.05, `${chance}`);
  });
});
