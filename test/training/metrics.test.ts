// The figures of a classifier, against values that are known.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  accuracyOf,
  chooseGate,
  confusionOf,
  indexOfMax,
  precisionOf,
  rateOf,
  recallOf,
  type Scored,
} from "../../training/metrics.ts";

const near = (found: number, expected: number, tolerance = 1e-4): void =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

describe("a confusion matrix", () => {
  const scored: Scored[] = [
    { truth: 0, scores: [0.8, 0.1, 0.1] },
    { truth: 0, scores: [0.2, 0.7, 0.1] },
    { truth: 1, scores: [0.1, 0.8, 0.1] },
    { truth: 1, scores: [0.1, 0.8, 0.1] },
    { truth: 2, scores: [0.6, 0.3, 0.1] },
  ];
  const confusion = confusionOf(scored, 3);

  it("counts truth by prediction", () => {
    assert.deepEqual(confusion, [
      [1, 1, 0],
      [0, 2, 0],
      [1, 0, 0],
    ]);
  });

  it("gives accuracy, precision and recall with their trials", () => {
    const figures = [
      accuracyOf(confusion),
      precisionOf(confusion, 0),
      recallOf(confusion, 0),
      precisionOf(confusion, 1),
    ];
    assert.deepEqual(
      figures.map(({ value, n }) => [value, n]),
      [
        [3 / 5, 5],
        [1 / 2, 2],
        [1 / 2, 2],
        [2 / 3, 3],
      ],
    );
  });

  it("says of a class that was never predicted, or never there, that nothing is known", () => {
    assert.deepEqual(precisionOf(confusion, 2), rateOf(0, 0));
    assert.deepEqual(
      recallOf(
        [
          [0, 0],
          [1, 2],
        ],
        0,
      ),
      rateOf(0, 0),
    );
    assert.deepEqual(accuracyOf(confusionOf([], 3)), rateOf(0, 0));
  });

  it("takes the first of equal scores", () => {
    assert.equal(indexOfMax([0.5, 0.5]), 0);
    assert.equal(indexOfMax([0.1, 0.5, 0.4]), 1);
    assert.equal(indexOfMax([]), 0);
  });
});

describe("the classifier's gate", () => {
  const photos = (owner: readonly number[], others: readonly number[]): Scored[] => [
    ...owner.map((score) => ({ truth: 1, scores: [1 - score, score] })),
    ...others.map((score) => ({ truth: 0, scores: [1 - score, score] })),
  ];

  it("lies half-way below the owner's lowest score where there are few, and costs nothing", () => {
    near(chooseGate(photos([0.99, 0.4], [0.9, 0.1]), 1).scoreMin, 0.2);
    assert.deepEqual(chooseGate(photos([0.99, 0.4], [0.9, 0.1]), 1).far, rateOf(1, 2));
    assert.equal(chooseGate(photos([], [0.3]), 1).scoreMin, 0);
  });

  it("overlooks one photo of the owner in two hundred, and no more", () => {
    const good = new Array<number>(199).fill(0.9);
    near(chooseGate(photos([...good, 0.01], []), 1).scoreMin, 0.45);
    near(chooseGate(photos([...good.slice(1), 0.01, 0.02], []), 1).scoreMin, 0.01);
  });

  it("costs the owner at most half a percent of his photos, whatever their scores", () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(score, { maxLength: 300 }), fc.array(score, { maxLength: 20 }), (owner, others) => {
        const { scoreMin, far, frr } = chooseGate(photos(owner, others), 1);
        assert.ok(frr.value <= 0.005, `${frr.value}`);
        assert.deepEqual([far.n, frr.n], [others.length, owner.length]);
        near(far.value * others.length, others.filter((other) => other >= scoreMin).length);
      }),
    );
  });
});
