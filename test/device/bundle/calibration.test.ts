// Calibrations: each comparison is counted once, in the bin that its likeness lies in, and beside its own thresholds alone.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { binStart, type Calibration, calibrationFault, calibrationOf } from "../../../device/bundle/calibration.ts";

const likeness = fc.double({ min: -1, max: 1, noNaN: true });
const scores = fc.array(likeness, { maxLength: 80 });
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe("a calibration", () => {
  it("counts the likenesses of a bin from its beginning on", () => {
    const calibration = calibrationOf({ genuine: [0.58, 0.59, 0.6, 1], impostor: [-1, -0.98], household: [0.57] });
    const countAt = (series: "genuine" | "impostor" | "household", start: number) =>
      calibration[series][Math.round(start * 50) + 50 - calibration.firstBin];
    assert.equal(calibration.firstBin, 0);
    assert.equal(calibration.genuine.length, 100);
    assert.deepEqual(
      [0.58, 0.6, 0.98].map((start) => countAt("genuine", start)),
      [2, 1, 1],
    );
    assert.deepEqual(
      [-1, -0.98].map((start) => countAt("impostor", start)),
      [1, 1],
    );
    assert.equal(countAt("household", 0.56), 1);
  });

  it("holds the bins between the lowest and the highest likeness alone, one where there is none", () => {
    const { firstBin, genuine } = calibrationOf({ genuine: [0.71, 0.73], impostor: [], household: [0.65] });
    assert.deepEqual([firstBin, genuine.length], [82, 5]);
    const none = calibrationOf({ genuine: [], impostor: [], household: [] });
    assert.deepEqual([none.genuine, none.impostor, none.household], [[0], [0], [0]]);
  });

  it("fits every threshold, and every rate that follows from the same scores", () => {
    const any = fc.tuple(scores, scores, scores, fc.double({ min: 0.3, max: 1, noNaN: true }), fc.nat(3));
    fc.assert(
      fc.property(any, ([genuine, impostor, household, verifiedScoreMin, byMargin]) => {
        const calibration = calibrationOf({ genuine, impostor, household });
        assert.deepEqual([calibration.genuine, calibration.impostor, calibration.household].map(sum), [
          genuine.length,
          impostor.length,
          household.length,
        ]);
        const share = (hits: number, n: number) => ({ value: n === 0 ? 0 : Math.min(hits, n) / n, trials: n });
        const refused = genuine.filter((score) => score < verifiedScoreMin).length + byMargin;
        const accepted = impostor.filter((score) => score >= verifiedScoreMin).length;
        const claims = {
          ...{ verifiedScoreMin, householdPhotos: household.length },
          ...{ far: share(accepted, impostor.length), frr: share(refused, genuine.length) },
        };
        assert.equal(calibrationFault(calibration, claims), null);
      }),
    );
  });

  it("puts every likeness into a bin that holds it", () => {
    fc.assert(
      fc.property(likeness, (score) => {
        const { firstBin }: Calibration = calibrationOf({ genuine: [score], impostor: [], household: [] });
        assert.ok(score >= binStart(firstBin), `${score} in ${firstBin}`);
        assert.ok(score < binStart(firstBin + 1) || firstBin === 99, `${score} in ${firstBin}`);
      }),
    );
  });
});
