// The configuration may demand more than the bundle, never less.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultConfig } from "../../device/config/config.ts";
import { policyOf } from "../../device/policy-of.ts";

const { decision } = defaultConfig();

test("without a threshold of its own, the configuration leaves the bundle's", () => {
  assert.equal(decision.ownerScoreMin, null);
  assert.equal(policyOf(decision)(0.93).ownerScoreMin, 0.93);
  assert.equal(policyOf(decision)(1).ownerScoreMin, 1);
});

test("the threshold is the higher one of both, and everything else is the configuration's", () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(score, score, (configured, bundled) => {
      const policy = policyOf({ ...decision, ownerScoreMin: configured })(bundled);
      assert.deepEqual(policy, { ...decision, ownerScoreMin: Math.max(configured, bundled) });
    }),
  );
});
