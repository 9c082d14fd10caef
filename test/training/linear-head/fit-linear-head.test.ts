// The fit finds what separates two classes, and the threshold keeps to its share of false alarms on unseen groups.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headScore, isSuspected } from "../../../device/bundle/linear-head.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import {
  chooseScoreMin,
  crossScores,
  type Example,
  fitLinearHead,
  fitLogistic,
} from "../../../training/linear-head/fit-linear-head.ts";
import { minimise } from "../../../training/linear-head/minimise.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

/** Ten features of noise; the third is higher by `gap` where the suspicion is true. */
function noisyExamples(count: number, gap: number, seed: number): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const positive = i % 2 === 1;
    const features = Float32Array.from({ length: 10 }, () => random.next() * 4);
    features[2]! += positive ? gap : 0;
    // A feature of another scale, and one that never changes.
    features[8]! *= 1000;
    features[9] = 7;
    return { features, positive, kind: positive ? "attack" : "genuine", group: `g${Math.floor(i / 4)}` };
  });
}

const options = { purpose: "mask", ridge: 0.01, falseAlarmsMax: 0.02, folds: 4, seed: 1 } as const;

test("the minimum of a badly scaled bowl is found", () => {
  const found = minimise(2, ([x, y], gradient) => {
    gradient[0] = 2 * (x! - 3);
    gradient[1] = 400 * (y! + 1);
    return (x! - 3) ** 2 + 200 * (y! + 1) ** 2;
  });
  assert.ok(Math.abs(found[0]! - 3) < 1e-3 && Math.abs(found[1]! + 1) < 1e-3, found.join());
});

test("a head that was fitted on some groups judges others", () => {
  const fitted = fitLinearHead(noisyExamples(400, 5, 1), options);
  const unseen = noisyExamples(400, 5, 2);
  const wrong = unseen.filter(
    ({ features, positive }) => isSuspected(headScore(features, fitted), fitted.scoreMin) !== positive,
  );
  assert.ok(wrong.length <= 12, `${wrong.length} of 400 wrong`);
  assert.equal(fitted.weights[9], 0);
  assert.equal(fitted.suspected["genuine"]!.n, 200);
  assert.ok(fitted.suspected["genuine"]!.value <= 0.02);
  assert.ok(fitted.suspected["attack"]!.value > 0.9);
});

test("the rates are those of groups that were not fitted on: where nothing can be learnt, they show it", () => {
  const examples = noisyExamples(80, 0, 3);
  const { suspected } = fitLinearHead(examples, { ...options, ridge: 1e-4 });
  assert.ok(suspected["attack"]!.value < 0.4, `${suspected["attack"]!.value}`);
  const own = fitLogistic(examples, 1e-4);
  const head = { ...own, purpose: "mask" } as const;
  const scores = crossScores(examples, options);
  // An example's own head was fitted without it: its score there differs from the one by all.
  assert.ok(examples.every(({ features }, i) => headScore(features, head) !== scores[i]));
});

test("the threshold lies between the last allowed false alarm and the next", () => {
  const negatives = Array.from({ length: 100 }, (_, i) => i / 200);
  assert.ok(Math.abs(chooseScoreMin(negatives, 0.01) - (0.49 + 0.495) / 2) < 1e-9);
  assert.ok(Math.abs(chooseScoreMin(negatives, 0) - (0.495 + 1) / 2) < 1e-9);
  // Where scores are equal, none of them may reach it.
  assert.ok(chooseScoreMin([0.2, 0.4, 0.4, 0.4], 0.25) > 0.4);
});

test("too few groups are refused", () => {
  assert.throws(
    () => fitLinearHead(noisyExamples(12, 5, 1), options),
    (error: unknown) => error instanceof FacelatchError && error.code === "DATASET_INVALID",
  );
});
