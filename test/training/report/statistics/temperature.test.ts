// The temperature: known values, and that no other fits better.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { indexOfMax, type Scored } from "../../../../training/metrics.ts";
import { fitTemperature, meanLoss, scaleScores } from "../../../../training/report/statistics/temperature.ts";

const near = (found: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

/** Softmax outputs as they come, small scores among them. */
const scores = fc
  .array(fc.double({ min: -12, max: 12, noNaN: true }), { minLength: 3, maxLength: 3 })
  .map((logits) => scaleScores(logits.map(Math.exp), 1));
const photos: fc.Arbitrary<Scored[]> = fc.array(fc.record({ truth: fc.nat(2), scores }), {
  minLength: 1,
  maxLength: 60,
});

const scaled = (scored: readonly Scored[], temperature: number): Scored[] =>
  scored.map((photo) => ({ truth: photo.truth, scores: scaleScores(photo.scores, temperature) }));

describe("scaled scores", () => {
  it("are the softmax of the logits over the temperature", () => {
    // Logits ln 8 and ln 1; half of them are ln sqrt 8 and 0.
    const [first, second] = scaleScores([8 / 9, 1 / 9], 2);
    near(first!, Math.sqrt(8) / (Math.sqrt(8) + 1));
    near(second!, 1 / (Math.sqrt(8) + 1));
  });

  it("sum to 1, keep their order, and stay as they are at 1", () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0.05, max: 20, noNaN: true }), (before, temperature) => {
        const after = scaleScores(before, temperature);
        near(
          after.reduce((sum, score) => sum + score, 0),
          1,
        );
        assert.ok(after[indexOfMax(before)]! >= Math.max(...after) - 1e-12);
        scaleScores(before, 1).forEach((score, i) => {
          near(score, before[i]!);
        });
      }),
    );
  });

  it("are numbers where a score is 0", () => {
    assert.ok(scaleScores([1, 0, 0], 0.01).every(Number.isFinite));
  });
});

describe("the fitted temperature", () => {
  it("makes a classifier that is always as sure as sure as it is right", () => {
    // Right on 3 of 4 photos and 0.9 sure of each: the best confidence is 0.75, at T = ln 9 / ln 3 = 2.
    const validation = [0, 0, 0, 1].map((truth) => ({ truth, scores: [0.9, 0.1] }));
    near(fitTemperature(validation)!, 2, 1e-6);
    near(meanLoss(scaled(validation, 2)), -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)));
  });

  it("finds the temperature by which right scores were sharpened", () => {
    // Of every 10 photos 6, 3 and 1 are of each class, and the scores say so, before they are sharpened.
    const honest = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2].map((truth) => ({ truth, scores: [0.6, 0.3, 0.1] }));
    near(fitTemperature(honest)!, 1, 1e-6);
    near(fitTemperature(scaled(honest, 0.25))!, 4, 1e-6);
  });

  it("costs less than any other", () => {
    fc.assert(
      fc.property(photos, fc.double({ min: 0.01, max: 100, noNaN: true }), (validation, other) => {
        const temperature = fitTemperature(validation);
        if (temperature === null) return;
        const loss = meanLoss(scaled(validation, temperature));
        assert.ok(loss <= meanLoss(scaled(validation, other)) + 1e-9, `${temperature} against ${other}`);
      }),
    );
  });

  it("is unknown without a photo that is taken for the wrong class", () => {
    assert.equal(fitTemperature([]), null);
    assert.equal(fitTemperature([{ truth: 1, scores: [0.1, 0.9] }]), null);
  });

  it("is a number where the network is worse than chance", () => {
    assert.ok(fitTemperature([{ truth: 0, scores: [0.1, 0.9] }])! >= 100);
  });
});
