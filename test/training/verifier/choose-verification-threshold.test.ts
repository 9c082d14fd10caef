// The verifier's operating point: above all impostors, below the owner where there is room, and with air on both sides.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  chooseVerificationThreshold,
  type VerificationSamples,
} from "../../../training/verifier/choose-verification-threshold.ts";

const calm: VerificationSamples = {
  ownerScores: Array.from({ length: 200 }, (_, i) => 0.7 + i / 1000),
  impostorScores: [0.1, 0.3, 0.42],
  cohortScores: Float32Array.from({ length: 10_000 }, (_, i) => i / 20_000),
  ownerMargins: [],
  householdMargins: [],
  farMax: 1e-3,
};

const scores = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 });
const anySamples: fc.Arbitrary<VerificationSamples> = fc.record({
  ownerScores: scores,
  impostorScores: scores,
  cohortScores: scores,
  ownerMargins: scores,
  householdMargins: scores,
  farMax: fc.constantFrom(1e-4, 1e-2, 0.5),
});

describe("the least score", () => {
  test("lies half way between others and the owner's lowest, but not far above others", () => {
    const near = { ...calm, ownerScores: calm.ownerScores.map((score) => score - 0.1) };
    assert.ok(Math.abs(chooseVerificationThreshold(near).verifiedScoreMin - (0.5 + (0.61 - 0.5) / 2)) < 1e-9);
    assert.ok(Math.abs(chooseVerificationThreshold(calm).verifiedScoreMin - 0.6) < 1e-9);
  });

  test("is never reached by an impostor of the training side, nor below the floor", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { verifiedScoreMin, far } = chooseVerificationThreshold(samples);
        assert.ok(verifiedScoreMin >= 0.5 && verifiedScoreMin <= 1.1);
        assert.ok(samples.impostorScores.every((score) => score < verifiedScoreMin));
        assert.deepEqual([far.value, far.n], [0, samples.impostorScores.length]);
      }),
    );
  });

  test("is reached by no more of the cohort than was demanded", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { verifiedScoreMin, cohortScore } = chooseVerificationThreshold(samples);
        const pairs = Array.from(samples.cohortScores);
        const above = (least: number) => pairs.filter((score) => score > least).length;
        assert.ok(above(cohortScore) <= samples.farMax * pairs.length);
        assert.ok(above(verifiedScoreMin) <= samples.farMax * pairs.length);
      }),
    );
    assert.ok(Math.abs(chooseVerificationThreshold({ ...calm, farMax: 0.1 }).cohortScore - 0.45) < 0.001);
  });

  test("keeps others out where they look like the owner, and says what he pays", () => {
    const { verifiedScoreMin, frr } = chooseVerificationThreshold({ ...calm, impostorScores: [0.7995] });
    assert.ok(verifiedScoreMin > 0.8 && verifiedScoreMin < 0.82);
    assert.deepEqual([frr.value, frr.n], [110 / 200, 200]);
  });
});

describe("the least margin", () => {
  const family: VerificationSamples = {
    ...calm,
    ownerMargins: calm.ownerScores.map(() => 0.3),
    householdMargins: [-0.4, -0.3],
  };

  test("is small where relatives are far from the owner", () => {
    assert.equal(chooseVerificationThreshold(family).householdMarginMin, 0.05);
    assert.equal(chooseVerificationThreshold(calm).householdMarginMin, 0.05);
  });

  test("rises with the relative who comes nearest, who never reaches it", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { householdMarginMin } = chooseVerificationThreshold(samples);
        assert.ok(householdMarginMin >= 0.05);
        assert.ok(samples.householdMargins.every((margin) => margin < householdMarginMin));
      }),
    );
    assert.ok(
      Math.abs(
        chooseVerificationThreshold({ ...family, householdMargins: [0.2] }).householdMarginMin - (0.2 + 0.1 / 2),
      ) < 1e-9,
    );
  });

  test("that costs the owner counts among his refusals", () => {
    const { frr } = chooseVerificationThreshold({
      ...family,
      ownerMargins: family.ownerMargins.map((_, i) => i / 400),
    });
    assert.deepEqual([frr.value, frr.n], [20 / 200, 200]);
  });
});
