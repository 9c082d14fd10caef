import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../../device/camera/backoff.ts";

test("delays double up to the limit, and begin anew after a reset", () => {
  const backoff = new Backoff(10, 70);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => backoff.next()),
    [10, 20, 40, 70, 70],
  );
  backoff.reset();
  assert.equal(backoff.next(), 10);
});
