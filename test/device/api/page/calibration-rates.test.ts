// What the page reads out of a bundle's comparisons: the rates of each threshold, as counted from the scores themselves.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rangeOf, ratesOf } from "../../../../device/api/page/calibration-rates.ts";
import { calibrationOf } from "../../../../device/bundle/calibration.ts";

const scores = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 });

describe("the rates of each threshold", () => {
  it("are those of the scores at each edge of a bin", () => {
    fc.assert(
      fc.property(scores, scores, (genuine, impostor) => {
        const calibration = calibrationOf({ genuine, impostor, household: [] });
        const rates = ratesOf(calibration);
        assert.equal(rates.length, calibration.genuine.length + 1);
        for (const { score, far, frr } of rates) {
          // A likeness of 1 lies in the last bin, below its end.
          const passes = (each: number) => each >= score && score < 1;
          const accepted = impostor.filter(passes).length;
          const refused = genuine.filter((each) => !passes(each)).length;
          assert.equal(far, impostor.length === 0 ? null : accepted / impostor.length, `FAR at ${score}`);
          assert.equal(frr, genuine.length === 0 ? null : refused / genuine.length, `FRR at ${score}`);
        }
      }),
    );
  });

  it("lie over the range of each series", () => {
    const calibration = calibrationOf({ genuine: [0.71, 0.83], impostor: [-0.05], household: [] });
    assert.deepEqual(rangeOf(calibration, calibration.genuine), { low: 0.7, high: 0.84 });
    assert.deepEqual(rangeOf(calibration, calibration.impostor), { low: -0.06, high: -0.04 });
    assert.equal(rangeOf(calibration, calibration.household), null);
  });
});
