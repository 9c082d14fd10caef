// Reliability and calibration error, on photos whose figures are known.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rateOf } from "../../../../training/metrics.ts";
import { expectedCalibrationError, reliabilityOf } from "../../../../training/report/statistics/reliability.ts";

const photos = (right: number, wrong: number, confidence: number) => [
  ...Array.from({ length: right }, () => ({ truth: 0, scores: [confidence, 1 - confidence] })),
  ...Array.from({ length: wrong }, () => ({ truth: 1, scores: [confidence, 1 - confidence] })),
];

describe("the reliability of a classifier", () => {
  it("counts each photo in the bin of its highest score, the bounds among them", () => {
    const bins = reliabilityOf([...photos(1, 0, 1), ...photos(1, 1, 0.95), ...photos(0, 1, 0.5)]);
    assert.deepEqual(
      bins.map(({ from, to, accuracy }) => ({ from, to, accuracy })),
      [
        { from: 0.5, to: 0.6, accuracy: rateOf(0, 1) },
        { from: 0.9, to: 1, accuracy: rateOf(2, 3) },
      ],
    );
    assert.ok(Math.abs(bins[1]!.confidence - (1 + 0.95 + 0.95) / 3) < 1e-12);
  });

  it("is wrong by the mean distance of confidence and accuracy, by photos", () => {
    // 8 of 10 right at 0.95, 25 of 30 at 0.75: distances 0.15 and 1/12.
    const bins = reliabilityOf([...photos(8, 2, 0.95), ...photos(25, 5, 0.75)]);
    assert.ok(Math.abs(expectedCalibrationError(bins) - (0.25 * 0.15 + 0.75 * (25 / 30 - 0.75))) < 1e-12);
    assert.equal(expectedCalibrationError([]), 0);
    assert.equal(expectedCalibrationError(reliabilityOf(photos(7, 0, 1))), 0);
  });

  it("loses no photo, and lies between 0 and 1", () => {
    const scored = fc.record({ truth: fc.nat(2), share: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(scored), fc.integer({ min: 1, max: 20 }), (drawn, count) => {
        const bins = reliabilityOf(
          drawn.map(({ truth, share }) => ({ truth, scores: [share, (1 - share) / 2, (1 - share) / 2] })),
          count,
        );
        assert.equal(
          bins.reduce((sum, { accuracy }) => sum + accuracy.n, 0),
          drawn.length,
        );
        for (const { from, to, confidence } of bins) {
          assert.ok(from - 1e-12 <= confidence && confidence <= to + 1e-12, `${confidence} in ${from} to ${to}`);
        }
        const error = expectedCalibrationError(bins);
        assert.ok(error >= 0 && error <= 1);
      }),
    );
  });
});
