// Before and after a retraining: only the test pictures that both saw count, and any figure of the door's that fell is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns } from "../../training/compare-runs.ts";
import type { Prediction, RunOutcome } from "../../training/run-folder.ts";

const labels = ["Markus", "Others", "Objects"];
const counts = (owner: number) => {
  const split = { owner, others: 5, objects: 5 };
  return { train: split, validation: split, test: split };
};

/** `01` is a picture of class 0 that is taken for class 1. */
const predictions = (answers: readonly string[]): Prediction[] =>
  answers.map((answer, i) => ({
    picture: `test/${i}.jpg`,
    truth: Number(answer[0]),
    scores: labels.map((_, label) => (label === Number(answer[1]) ? 0.8 : 0.1)),
  }));

function compare(before: readonly string[], after: readonly string[]) {
  const outcome = {
    record: { counts: counts(5) },
    predictions: { test: predictions(before) },
  } as unknown as RunOutcome;
  return compareRuns({ runDir: "/run", outcome }, { counts: counts(8) }, { test: predictions(after) }, labels);
}

test("as good or better is not worse", () => {
  const same = ["00", "00", "01", "11", "10", "22"];
  assert.deepEqual([compare(same, same).isWorse, compare(same, same).reasons], [false, []]);
  const better = compare(same, ["00", "00", "00", "11", "11", "22"]);
  assert.equal(better.isWorse, false);
  assert.deepEqual([better.before.testAccuracy.value, better.after.testAccuracy.value], [4 / 6, 1]);
  assert.deepEqual(better.added, { owner: 3, others: 0, objects: 0 });
});

test("fewer of the owner's photos found, or others taken for him, is worse, whatever the accuracy", () => {
  const lost = compare(["00", "00", "12", "21"], ["00", "01", "11", "22"]);
  assert.ok(lost.after.testAccuracy.value > lost.before.testAccuracy.value);
  assert.deepEqual(lost.reasons, ["recall of Markus fell from 100.0 % to 50.0 %"]);
  const opened = compare(["00", "00", "12", "21"], ["00", "00", "10", "22"]);
  assert.deepEqual([opened.isWorse, opened.reasons], [true, ["precision of Markus fell from 100.0 % to 66.7 %"]]);
});

test("a test picture that is gone counts for neither", () => {
  const { before, after, isWorse } = compare(["00", "11", "22", "02"], ["00", "11", "22"]);
  assert.deepEqual([before.testAccuracy.n, after.testAccuracy.n, isWorse], [3, 3, false]);
});
