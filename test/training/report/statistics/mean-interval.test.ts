// A mean and its interval, on known values.
import assert from "node:assert/strict";
import { it } from "node:test";
import { meanInterval } from "../../../../training/report/statistics/mean-interval.ts";

it("a mean has an interval of 1.96 standard errors that ends at 0", () => {
  // Mean 3, standard deviation sqrt(2.5), standard error sqrt(0.5).
  const { value, low, high, n } = meanInterval([1, 2, 3, 4, 5]);
  assert.deepEqual([value, n], [3, 5]);
  assert.ok(Math.abs(high - 3 - 1.959964 * Math.SQRT1_2) < 1e-9 && Math.abs(low + high - 6) < 1e-9);
  assert.equal(meanInterval([0, 0, 0.3]).low, 0);
  assert.deepEqual(meanInterval([2]), { value: 2, low: 2, high: 2, n: 1 });
  assert.equal(meanInterval([]).n, 0);
});
