// A board that is spared still meets every deadline of an opening, whatever the settings are.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseConfig } from "../../../../device/config/config.ts";
import { sparingIntervalMs } from "../../../../device/daemon/door/frame-pace.ts";
import { validConfigs } from "../../config/config-arbitrary.ts";

test("with the settings of a board it is three frames a second", () => {
  const config = parseConfig("camera: { kind: rpicam }\nrelay: { kind: gpio-cdev }\n", "the test");
  assert.equal(sparingIntervalMs(config), 333);
});

test("so many frames as an opening needs still count together, from one presence, to a guard that hears of each", () => {
  const property = fc.property(validConfigs, ({ decision, camera, relay }) => {
    const settings = { decision: { ...decision, schedule: [] }, camera, relay };
    const intervalMs = sparingIntervalMs(settings);
    assert.ok(intervalMs >= 0 && intervalMs < camera.stallTimeoutMs);
    assert.ok(intervalMs * decision.framesNeeded < decision.evidenceAgeMaxMs);
    assert.ok(intervalMs * 2 < decision.presenceGapMaxMs);
    if (relay.kind !== "recorded") assert.ok(intervalMs * 2 <= relay.guard.heartbeatTimeoutMs);
  });
  fc.assert(property);
});
