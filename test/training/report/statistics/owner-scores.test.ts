// The owner against the rest: curves and rates that are known.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rateOf } from "../../../../training/metrics.ts";
import { ownerCurve, ownerScores, ratesAt } from "../../../../training/report/statistics/owner-scores.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const shares = fc.array(share, { minLength: 1, maxLength: 40 });

describe("the owner's scores", () => {
  it("are his class's, of his photos and of all others", () => {
    const scored = [
      { truth: 1, scores: [0.1, 0.9, 0] },
      { truth: 0, scores: [0.7, 0.3, 0] },
      { truth: 2, scores: [0, 0.2, 0.8] },
    ];
    assert.deepEqual(ownerScores(scored, 1), { genuine: [0.9], impostor: [0.3, 0.2] });
  });

  it("give rates at a threshold, which accepts what reaches it", () => {
    const { far, frr } = ratesAt({ genuine: [0.9, 0.5, 0.4], impostor: [0.5, 0.1] }, 0.5);
    assert.deepEqual([far, frr], [rateOf(1, 2), rateOf(1, 3)]);
  });
});

describe("the owner's curve", () => {
  it("is perfect where the scores lie apart, and half of it where they are equal", () => {
    const apart = ownerCurve({ genuine: [0.9, 0.8], impostor: [0.1, 0.2, 0.3] })!;
    assert.deepEqual([apart.areaUnderCurve, apart.equalErrorRate], [1, 0]);
    assert.equal(ownerCurve({ genuine: [0.5, 0.5], impostor: [0.5] })!.areaUnderCurve, 0.5);
    assert.equal(ownerCurve({ genuine: [], impostor: [0.5] }), null);
  });

  it("covers the share of pairs that are in order, equal ones by half (Mann and Whitney)", () => {
    fc.assert(
      fc.property(shares, shares, (genuine, impostor) => {
        const pairs = genuine.flatMap((mine) => impostor.map((other) => (mine > other ? 1 : mine === other ? 0.5 : 0)));
        const expected = pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length;
        const { areaUnderCurve, points } = ownerCurve({ genuine, impostor })!;
        assert.ok(Math.abs(areaUnderCurve - expected) < 1e-9, `${areaUnderCurve} instead of ${expected}`);
        assert.deepEqual(
          [points[0], points.at(-1)],
          [
            { far: 0, frr: 1 },
            { far: 1, frr: 0 },
          ],
        );
      }),
    );
  });
});
