// Whether a face is held as a step of an enrolment asks for: by its landmarks and its light, beside those of the straight look.
import type { EnrolmentFace, Step } from "./enrolment.ts";

/** What of a face tells how it is held and lit. */
export type Pose = Pick<EnrolmentFace, "yawRatio" | "pitchRatio" | "brightness">;

/** Why a face is not held as asked. */
export const poseFaults = {
  look_straight: "Look straight at the camera.",
  turn_further: "Turn your head a little further.",
  turn_other_way: "Turn your head the other way.",
  chin_higher: "Lift your chin a little more.",
  same_light: "The light is still the same: switch a lamp on or off.",
} as const;

export type PoseFault = keyof typeof poseFaults;

/** Nobody's face and no camera is so exact that a straight look is at 0: beyond this it is turned. */
const straightYawMax = 0.2;
/** From the straight look on; both sides together are more than a tilted photo shows, see `headTurn` of the policy. */
const turnMin = 0.17;
/** How far from the straight look a step that asks for one may stray. */
const strayMax = 0.15;
const chinMin = 0.06;
/** A lamp changes the light on a face by a fifth and more; noise and breath do not. */
const lightRatioMin = 1.2;

/**
 * Why a face is not held as a step asks; null when it is. Written so that a measure that is no number is a fault.
 *
 * @param straight the mean of the straight looks; null before there is one
 */
export function poseFault(step: Step, pose: Pose, straight: Pose | null): PoseFault | null {
  if (step === "straight" || straight === null) {
    return Math.abs(pose.yawRatio) <= straightYawMax ? null : "look_straight";
  }
  const yaw = pose.yawRatio - straight.yawRatio;
  if (step === "turn_left") return turnFault(yaw);
  if (step === "turn_right") return turnFault(-yaw);
  if (!(Math.abs(yaw) <= strayMax)) return "look_straight";
  if (step === "chin_up") return straight.pitchRatio - pose.pitchRatio >= chinMin ? null : "chin_higher";
  if (step === "light") return hasOtherLight(pose, straight) ? null : "same_light";
  return null;
}

function turnFault(yaw: number): PoseFault | null {
  if (yaw >= turnMin) return null;
  return yaw < -turnMin ? "turn_other_way" : "turn_further";
}

function hasOtherLight({ brightness }: Pose, straight: Pose): boolean {
  const ratio = brightness / straight.brightness;
  return ratio >= lightRatioMin || ratio <= 1 / lightRatioMin;
}

export function meanPose(poses: readonly Pose[]): Pose | null {
  if (poses.length === 0) return null;
  const mean = (of: (pose: Pose) => number) => poses.reduce((sum, pose) => sum + of(pose), 0) / poses.length;
  return {
    yawRatio: mean(({ yawRatio }) => yawRatio),
    pitchRatio: mean(({ pitchRatio }) => pitchRatio),
    brightness: mean(({ brightness }) => brightness),
  };
}
