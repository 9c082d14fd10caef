// Rates: Wilson's interval against values that are known, and what holds of every one.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rateOf } from "../../../device/bundle/rate.ts";

const near = (found: number, expected: number, tolerance = 1e-4): void =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

describe("a rate", () => {
  it("has Wilson's interval at 95 %", () => {
    // Known values: 0 of 10, 5 of 10, 95 of 100, 10 of 10.
    for (const [hits, n, low, high] of [
      [0, 10, 0, 0.2775],
      [5, 10, 0.2366, 0.7634],
      [95, 100, 0.8882, 0.9785],
      [10, 10, 0.7225, 1],
    ] as const) {
      const rate = rateOf(hits, n);
      assert.deepEqual([rate.value, rate.n], [hits / n, n]);
      near(rate.low, low);
      near(rate.high, high);
    }
  });

  it("knows nothing without trials", () => {
    assert.deepEqual(rateOf(0, 0), { value: 0, low: 0, high: 1, n: 0 });
  });

  it("lies within its interval, which narrows with more trials", () => {
    const trials = fc.integer({ min: 1, max: 100_000 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
    fc.assert(
      fc.property(trials, ([hits, n]) => {
        const { value, low, high } = rateOf(hits, n);
        assert.ok(0 <= low && low <= value + 1e-12 && value <= high + 1e-12 && high <= 1, `${low} ${value} ${high}`);
        const more = rateOf(hits * 4, n * 4);
        assert.ok(more.high - more.low < high - low);
      }),
    );
  });
});
