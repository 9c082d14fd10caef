// What so many trials can say of a rare error, against known values.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  errorsAllowed,
  identitiesFor,
  pairsOf,
  rateAtMost,
  ruleOfThree,
  supports,
  trialsFor,
} from "../../../training/evaluation/support.ts";

const near = (found: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

describe("the rule of three", () => {
  it("bounds a rate without errors by 3 in the number of trials", () => {
    assert.equal(ruleOfThree(300), 0.01);
    assert.equal(ruleOfThree(2), 1);
    assert.equal(ruleOfThree(0), 1);
  });

  it("asks for three times as many trials as one error stands for", () => {
    assert.equal(trialsFor(1 / 50_000), 150_000);
    assert.equal(trialsFor(1e-4), 30_000);
    assert.equal(supports(30_000, 1e-4), true);
    assert.equal(supports(29_999, 1e-4), false);
  });
});

describe("the upper bound of a rate", () => {
  it("has the Poisson distribution's known 95 % bounds", () => {
    // Half of the 95 % quantile of chi squared with 2 (errors + 1) degrees of freedom.
    for (const [errors, mean] of [
      [1, 4.7439],
      [2, 6.2958],
      [3, 7.7537],
      [10, 16.9622],
      [100, 118.079],
    ] as const) {
      near(rateAtMost(errors, 1_000_000) * 1_000_000, mean, 1e-3 * mean);
    }
    assert.equal(rateAtMost(0, 300), 0.01);
    assert.equal(rateAtMost(0, 0), 1);
  });

  it("allows as many errors as still support the claim, and no more", () => {
    assert.equal(errorsAllowed(29_999, 1e-4), null);
    assert.equal(errorsAllowed(30_000, 1e-4), 0);
    assert.equal(errorsAllowed(47_000, 1e-4), 0);
    assert.equal(errorsAllowed(48_000, 1e-4), 1);
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 100_000 }), (trials) => {
        const errors = errorsAllowed(trials, 0.01)!;
        assert.ok(rateAtMost(errors, trials) <= 0.01 && rateAtMost(errors + 1, trials) > 0.01);
      }),
      { numRuns: 20 },
    );
  });
});

describe("pairs of identities", () => {
  it("are counted once, and tell how many identities a number of pairs needs", () => {
    assert.deepEqual([pairsOf(0), pairsOf(1), pairsOf(2), pairsOf(355)], [0, 0, 1, 62_835]);
    assert.equal(identitiesFor(150_000), 549);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (pairs) => {
        const identities = identitiesFor(pairs);
        assert.ok(pairsOf(identities) >= pairs && pairsOf(identities - 1) < pairs);
      }),
    );
  });
});
