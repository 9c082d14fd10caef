// How a face must be held: as a step asks, relative to the person's own straight look.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { defaultConfig } from "../../../device/config/config.ts";
import { stepNames } from "../../../device/enrolment/enrolment.ts";
import { meanPose, type Pose, poseFault } from "../../../device/enrolment/pose.ts";
import { policyOf } from "../../../device/policy-of.ts";
import { bundle } from "../played-door.ts";
import { held } from "./played-enrolment.ts";

const straight: Pose = held.straight;
const turned = (yawRatio: number): Pose => ({ ...straight, yawRatio });

/** Yaw ratios from side to side, in hundredths. */
const yaws = Array.from({ length: 121 }, (_, i) => (i - 60) / 100);

describe("a pose", () => {
  it("fits its own step, and of the others only those that ask for a straight look too", () => {
    for (const pose of stepNames) {
      const fitting = stepNames.filter((step) => poseFault(step, held[pose], straight) === null);
      const also = { straight: ["glasses"], glasses: ["straight"], chin_up: ["straight", "glasses"] } as const;
      const more: readonly string[] =
        pose === "light" ? ["straight", "glasses"] : (also[pose as keyof typeof also] ?? []);
      assert.deepEqual([...fitting].sort(), [...new Set([pose, ...more])].sort(), pose);
    }
  });

  it("of both turns together turns the head by more than a tilted photo seems to", () => {
    const { decision, secondStep } = defaultConfig();
    const policy = policyOf({ decision: { ...decision, headTurn: true }, secondStep })(bundle.thresholds);
    const fitting = (step: "turn_left" | "turn_right") =>
      yaws.filter((yaw) => poseFault(step, turned(yaw), straight) === null);
    assert.ok(Math.min(...fitting("turn_left")) - Math.max(...fitting("turn_right")) >= policy.headTurnMin!);
  });

  it("is measured from the person's own straight look, wherever the camera hangs", () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(number(-0.2, 0.2), number(-0.4, 0.4), (base, yaw) => {
        for (const step of ["turn_left", "turn_right", "chin_up"] as const) {
          const shifted = poseFault(step, turned(base + yaw), { ...straight, yawRatio: base });
          const unshifted = poseFault(step, turned(yaw), { ...straight, yawRatio: 0 });
          // At the very bar the sum of two numbers may fall to either side.
          if (Math.abs(Math.abs(yaw) - 0.17) > 1e-6 && Math.abs(Math.abs(yaw) - 0.15) > 1e-6)
            assert.equal(shifted, unshifted);
        }
      }),
    );
  });

  it("has a mean, but none of nothing", () => {
    assert.equal(meanPose([]), null);
    assert.deepEqual(meanPose([turned(0.1), turned(0.3)]), turned(0.2));
  });
});
