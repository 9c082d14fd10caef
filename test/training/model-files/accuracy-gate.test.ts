// The accuracy gate: int8 passes only with 99 % agreement and without more false acceptances.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeInt8 } from "../../../training/model-files/accuracy-gate.ts";

const owner = [0.95, 0.04, 0.01];
const other = [0.03, 0.96, 0.01];
const repeat = <T>(item: T, count: number): T[] => Array.from({ length: count }, () => item);

test("the same answers choose int8", () => {
  const scores = [...repeat(owner, 50), ...repeat(other, 50)];
  const truths = [...repeat(0, 50), ...repeat(1, 50)];
  const verdict = judgeInt8(scores, scores, { truths, owner: 0, scoreMin: 0.9 });
  assert.deepEqual([verdict.chosen, verdict.reasons, verdict.agreement.value], ["int8", [], 1]);
  assert.deepEqual([verdict.far?.float32.value, verdict.far?.int8.value, verdict.far?.int8.n], [0, 0, 50]);
});

test("99 of 100 pictures are enough, 98 are not", () => {
  const float32 = repeat(other, 100);
  const flipped = (count: number) => [...repeat([0.5, 0.4, 0.1], count), ...repeat(other, 100 - count)];
  assert.equal(judgeInt8(float32, flipped(1), null).chosen, "int8");
  const refused = judgeInt8(float32, flipped(2), null);
  assert.equal(refused.chosen, "float32");
  assert.match(refused.reasons.join(), /98 of 100/);
});

test("one stranger more is too many where there was none, and within a tenth where there were ten", () => {
  const nearly = [0.89, 0.1, 0.01];
  const above = [0.91, 0.08, 0.01];
  const strangers = (accepted: number) => [...repeat(above, accepted), ...repeat(nearly, 1000 - accepted)];
  const point = { truths: repeat(1, 1000), owner: 0, scoreMin: 0.9 };
  assert.equal(judgeInt8(strangers(0), strangers(0), point).chosen, "int8");
  const refused = judgeInt8(strangers(0), strangers(1), point);
  assert.deepEqual([refused.chosen, refused.agreement.value], ["float32", 1]);
  assert.match(refused.reasons.join(), /lets in 0\.10 %.*float32 0\.00 %/);
  assert.equal(judgeInt8(strangers(10), strangers(11), point).chosen, "int8");
  assert.equal(judgeInt8(strangers(10), strangers(12), point).chosen, "float32");
});

test("without a validation picture there is no int8", () => {
  assert.equal(judgeInt8([], [], null).chosen, "float32");
});

test("whatever the scores, int8 is chosen exactly when no reason stands against it", () => {
  const row = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
  const rows = fc.array(fc.tuple(row, row, fc.nat(2)), { maxLength: 60 });
  const property = fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (pictures, scoreMin) => {
    const truths = pictures.map(([, , truth]) => truth);
    const verdict = judgeInt8(
      pictures.map(([a]) => a),
      pictures.map(([, b]) => b),
      { truths, owner: 0, scoreMin },
    );
    assert.equal(verdict.chosen === "int8", verdict.reasons.length === 0);
    if (verdict.chosen === "int8") {
      assert.ok(verdict.agreement.value >= 0.99);
      assert.ok(verdict.far!.int8.value <= verdict.far!.float32.value * 1.1);
    }
  });
  fc.assert(property, { numRuns: 300 });
});
