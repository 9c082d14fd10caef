// A trial: what proves a bundle, and what ends its trial badly.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Trial, type TrialLimits } from "../../../device/slots/trial.ts";

const limits: TrialLimits = { framesNeeded: 20, trialMs: 60_000, trialMaxMs: 300_000, faultsMax: 3, frameMaxMs: 500 };
const sha256 = "a".repeat(64);

function trialWith(frames: number, frameMs = 10): Trial {
  const trial = new Trial(sha256, limits, 1_000);
  for (let i = 0; i < frames; i++) trial.noteFrame(frameMs);
  return trial;
}

describe("a bundle on trial", () => {
  it("is proved by frames and by time, and by neither alone", () => {
    assert.equal(trialWith(20).verdict(60_999).kind, "open");
    assert.equal(trialWith(19).verdict(61_000).kind, "open");
    assert.equal(trialWith(20).verdict(61_000).kind, "proved");
    assert.deepEqual(trialWith(7).progress(11_000), { freshFrames: 7, freshFramesNeeded: 20, remainingMs: 50_000 });
  });

  it("fails when it has not proved itself in time", () => {
    const verdict = trialWith(19).verdict(301_000);
    assert.deepEqual(verdict, {
      kind: "failed",
      code: "TRIAL_NOT_FINISHED",
      reason: "19 of 20 fresh frames within 300 s",
    });
  });

  it("fails with the fault that was one too many", () => {
    const trial = trialWith(20);
    trial.noteFault("VISION_CRASHED", "first");
    trial.noteFault("VISION_TIMEOUT", "second");
    assert.equal(trial.verdict(2_000).kind, "open");
    trial.noteFault("MODEL_INVALID", "third");
    trial.noteFault("VISION_CRASHED", "fourth");
    assert.deepEqual(trial.verdict(61_000), {
      kind: "failed",
      code: "MODEL_INVALID",
      reason: "3 faults, the last: third",
    });
  });

  it("fails when most frames are slow, and not for a few", () => {
    const mostly = trialWith(5, 700);
    for (let i = 0; i < 4; i++) mostly.noteFrame(10);
    const verdict = mostly.verdict(61_000);
    assert.equal(verdict.kind === "failed" && verdict.code, "BUNDLE_TOO_SLOW");
    const seldom = trialWith(5, 700);
    for (let i = 0; i < 15; i++) seldom.noteFrame(10);
    assert.equal(seldom.verdict(61_000).kind, "proved");
  });

  it("is proved only by frames and time with few faults, in whatever order they come", () => {
    const step = fc.oneof(fc.constant("frame" as const), fc.constant("fault" as const), fc.nat(20_000));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const trial = new Trial(sha256, limits, 0);
        const seen = { frame: 0, fault: 0, nowMs: 0 };
        for (const what of steps) {
          if (what === "frame") trial.noteFrame(20);
          if (what === "fault") trial.noteFault("VISION_CRASHED", "x");
          if (typeof what === "number") seen.nowMs += what;
          else seen[what]++;
          const { kind } = trial.verdict(seen.nowMs);
          if (seen.fault >= limits.faultsMax) assert.equal(kind, "failed");
          if (kind === "proved") assert.ok(seen.frame >= limits.framesNeeded && seen.nowMs >= limits.trialMs);
        }
      }),
    );
  });
});
