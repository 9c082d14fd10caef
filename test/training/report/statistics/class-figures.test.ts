// Figures of each class: known values, and that F1's interval holds what it promises.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rateOf } from "../../../../training/metrics.ts";
import { classFigures, f1Of } from "../../../../training/report/statistics/class-figures.ts";
import { seededRandom } from "../../../../training/seeded-random.ts";

describe("the figures of a class", () => {
  const confusion = [
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ];

  it("are precision, recall and F1 by their definitions", () => {
    const [owner, others, objects] = classFigures(confusion);
    assert.deepEqual([owner!.precision, owner!.recall], [rateOf(8, 9), rateOf(8, 10)]);
    // 2 * 8 / (2 * 8 + 1 + 2) and 2 * 9 / (2 * 9 + 2 + 1).
    assert.ok(Math.abs(owner!.f1.value - 16 / 19) < 1e-12);
    assert.ok(Math.abs(others!.f1.value - 18 / 21) < 1e-12);
    assert.deepEqual(objects!.f1, { value: 0, low: 0, high: 1, n: 0 });
  });

  it("keep an interval where no mistake was seen", () => {
    const { value, low, high } = f1Of(
      [
        [20, 0],
        [0, 20],
      ],
      0,
    );
    assert.deepEqual([value, high], [1, 1]);
    // Wilson's bound of 20 of 20 is 0.8389; carried over: 2 * 0.8389 / 1.8389.
    assert.ok(Math.abs(low - 0.9124) < 1e-4, `${low}`);
  });

  it("have F1 between precision and recall, within its interval", () => {
    const counts = fc.array(fc.array(fc.nat(50), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(counts, (matrix) => {
        for (const { precision, recall, f1 } of classFigures(matrix)) {
          assert.ok(f1.low <= f1.value + 1e-12 && f1.value <= f1.high + 1e-12);
          if (precision.n === 0 || recall.n === 0) continue;
          assert.ok(f1.value >= Math.min(precision.value, recall.value) - 1e-12);
          assert.ok(f1.value <= Math.max(precision.value, recall.value) + 1e-12);
        }
      }),
    );
  });

  it("have an F1 whose interval holds the truth in about 95 of 100 samples", () => {
    const random = seededRandom(7);
    const samples = 2000;
    // Of 100 photos half are the owner's; he is found on 90 %, others are taken for him on 4 %.
    const truth = (2 * 0.45) / (2 * 0.45 + 0.02 + 0.05);
    let held = 0;
    for (let sample = 0; sample < samples; sample++) {
      const matrix = [
        [0, 0],
        [0, 0],
      ];
      for (let photo = 0; photo < 100; photo++) {
        const isOwner = random.next() < 0.5;
        const asOwner = random.next() < (isOwner ? 0.9 : 0.04);
        matrix[isOwner ? 0 : 1]![asOwner ? 0 : 1]!++;
      }
      const { low, high } = f1Of(matrix, 0);
      if (low <= truth && truth <= high) held++;
    }
    assert.ok(held / samples > 0.935 && held / samples < 0.975, `${held} of ${samples}`);
  });
});
