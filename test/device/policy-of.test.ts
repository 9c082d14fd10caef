// The configuration may demand more than the bundle, never less.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultConfig } from "../../device/config/config.ts";
import { policyOf } from "../../device/policy-of.ts";

const { decision, secondStep } = defaultConfig();
const limits = ["ownerScoreMin", "verifiedScoreMin", "householdMarginMin"] as const;
const bundled = { ownerScoreMin: 0.2, verifiedScoreMin: 0.6, householdMarginMin: 0.1, spoofScoreMin: 0.5 };

test("without thresholds of its own, the configuration leaves the bundle's", () => {
  const policy = policyOf({ decision, secondStep })(bundled);
  for (const limit of limits) {
    assert.equal(decision[limit], null);
    assert.equal(policy[limit], bundled[limit]);
  }
});

test("each threshold is the higher one of both, and everything else is the configuration's", () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...limits), score, score, (limit, configured, own) => {
      const policy = policyOf({ decision: { ...decision, [limit]: configured }, secondStep })({
        ...bundled,
        [limit]: own,
      });
      assert.equal(policy[limit], Math.max(configured, own));
      assert.equal(policy.framesNeeded, decision.framesNeeded);
      assert.deepEqual(policy.lockout, decision.lockout);
    }),
  );
});

test("a turn of the head is asked for where the configuration says so", () => {
  assert.equal(policyOf({ decision, secondStep })(bundled).headTurnMin, null);
  assert.ok(policyOf({ decision: { ...decision, headTurn: true }, secondStep })(bundled).headTurnMin! > 0);
});

test("a surround that moves along is refused unless the configuration says otherwise", () => {
  assert.ok(policyOf({ decision, secondStep })(bundled).rigidityMax! > 0);
  assert.equal(policyOf({ decision: { ...decision, rigidMotion: false }, secondStep })(bundled).rigidityMax, null);
});

test("a second step is asked for where there is one", () => {
  assert.equal(policyOf({ decision, secondStep })(bundled).confirmationAgeMaxMs, null);
  const pin = { kind: "pin", confirmationAgeMaxMs: 7_000 } as const;
  assert.equal(policyOf({ decision, secondStep: pin })(bundled).confirmationAgeMaxMs, 7_000);
});
