// Error rates from scores, against values worked out by hand and laws that hold for any scores.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  acceptedShare,
  equalErrorRate,
  operatingPoints,
  type ScoreLists,
  thresholdAtFar,
  weightedEqualErrorRate,
} from "../../../training/evaluation/error-rates.ts";

const near = (found: number | null, expected: number, tolerance = 1e-12): void =>
  assert.ok(found !== null && Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

/** Few distinct values, so that ties are common. */
const scores = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 30 });
const lists = fc.record({ genuine: scores, impostor: scores });

describe("the equal error rate", () => {
  it("is what the curve says, by hand", () => {
    // One genuine of three lies below one impostor of three: a third of each, on the point itself.
    near(equalErrorRate({ genuine: [0.9, 0.8, 0.4], impostor: [0.5, 0.3, 0.2] }), 1 / 3);
    // From (FAR 0, FRR 1/2) to (FAR 1/3, FRR 1/2) to (1/3, 0): FRR falls through FAR at 1/3.
    near(equalErrorRate({ genuine: [0.9, 0.4], impostor: [0.5, 0.3, 0.2] }), 1 / 3);
    // A genuine and an impostor with one score: from (0, 1/2) straight to (1/4, 0), they meet at s/4 = (1 - s)/2.
    near(equalErrorRate({ genuine: [0.9, 0.5], impostor: [0.5, 0.3, 0.2, 0.1] }), 1 / 6);
  });

  it("is 0 for separate lists, 1 for exchanged ones, a half where scores say nothing", () => {
    near(equalErrorRate({ genuine: [3, 4], impostor: [1, 2] }), 0);
    near(equalErrorRate({ genuine: [1, 2], impostor: [3, 4] }), 1);
    near(equalErrorRate({ genuine: [1, 1, 1], impostor: [1, 1] }), 0.5);
  });

  it("is unknown without both kinds of comparisons", () => {
    assert.equal(equalErrorRate({ genuine: [], impostor: [1] }), null);
    assert.equal(equalErrorRate({ genuine: [1], impostor: [] }), null);
  });

  it("does not change with the scores' scale, or when every comparison comes twice", () => {
    fc.assert(
      fc.property(lists, ({ genuine, impostor }) => {
        const rate = equalErrorRate({ genuine, impostor })!;
        assert.ok(rate >= 0 && rate <= 1);
        const stretch = (list: readonly number[]) => list.map((score) => Math.exp(score / 3) - 7);
        near(equalErrorRate({ genuine: stretch(genuine), impostor: stretch(impostor) }), rate, 1e-9);
        near(equalErrorRate({ genuine: [...genuine, ...genuine], impostor: [...impostor, ...impostor] }), rate, 1e-9);
        // Exchanging both lists and the order is the same question.
        const negative = (list: readonly number[]) => list.map((score) => -score);
        near(equalErrorRate({ genuine: negative(impostor), impostor: negative(genuine) }), rate, 1e-9);
      }),
    );
  });

  it("takes a weight as so many equal comparisons, and 0 as none", () => {
    const weight = fc.integer({ min: 0, max: 3 });
    const weighted = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), weight), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(weighted, weighted, (genuine, impostor) => {
        const sorted = (list: readonly (readonly [number, number])[]) => {
          const ordered = list.toSorted(([a], [b]) => b - a);
          const total = ordered.reduce((sum, [, count]) => sum + count, 0);
          return { scores: ordered.map(([score]) => score), weightOf: (i: number) => ordered[i]![1], total };
        };
        const repeated = (list: readonly (readonly [number, number])[]) =>
          list.flatMap(([score, count]) => Array<number>(count).fill(score));
        const expected = equalErrorRate({ genuine: repeated(genuine), impostor: repeated(impostor) });
        const found = weightedEqualErrorRate(sorted(genuine), sorted(impostor));
        if (expected === null) assert.equal(found, null);
        else near(found, expected, 1e-9);
      }),
    );
  });
});

describe("the operating points", () => {
  it("run from nobody to everybody, with FAR rising and FRR falling, each as its threshold says", () => {
    fc.assert(
      fc.property(lists, ({ genuine, impostor }: ScoreLists) => {
        const points = operatingPoints({ genuine, impostor });
        assert.deepEqual([points[0]!.far, points[0]!.frr, points.at(-1)!.far, points.at(-1)!.frr], [0, 1, 1, 0]);
        for (const [i, { scoreMin, far, frr }] of points.entries()) {
          near(far, acceptedShare(impostor, scoreMin), 1e-9);
          near(frr, 1 - acceptedShare(genuine, scoreMin), 1e-9);
          const before = points[i - 1];
          if (before !== undefined) assert.ok(before.far <= far && before.frr >= frr && before.scoreMin > scoreMin);
        }
      }),
    );
  });
});

describe("the threshold at a FAR", () => {
  it("lies just above the first impostor that must not pass", () => {
    const impostor = Array.from({ length: 10 }, (_, i) => i / 10);
    // A tenth of ten may pass: 0.9 does, 0.8 does not.
    const scoreMin = thresholdAtFar(impostor, 0.1);
    assert.ok(scoreMin > 0.8 && scoreMin < 0.8 + 1e-12);
    assert.equal(acceptedShare(impostor, scoreMin), 0.1);
    // Less than one may pass: none does.
    assert.equal(acceptedShare(impostor, thresholdAtFar(impostor, 0.09)), 0);
  });

  it("lets three of 3000 pass at 0.001, although neither is exact in binary", () => {
    const impostor = Array.from({ length: 3000 }, (_, i) => i);
    assert.equal(acceptedShare(impostor, thresholdAtFar(impostor, 0.001)) * 3000, 3);
  });

  it("never lets more pass than it may, whatever the ties, and is the lowest that does not", () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (impostor, far) => {
        const scoreMin = thresholdAtFar(impostor, far);
        assert.ok(acceptedShare(impostor, scoreMin) <= far + 1e-9);
        if (scoreMin === Number.NEGATIVE_INFINITY) return;
        const lower = Math.max(...impostor.filter((score) => score < scoreMin));
        assert.ok(acceptedShare(impostor, lower) > far);
      }),
    );
  });
});
