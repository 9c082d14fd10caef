// From the configuration to the decision's policy: pure.
import { type Config, weeklyWindows } from "./config/config.ts";
import type { Policy } from "./decision/decision.ts";
import type { BundleThresholds } from "./vision/vision.ts";

/** Heads that turn reach 0.36 and more; photos that are tilted, as a print in somebody's hand, reach 0.31 at most. */
const headTurnMin = 0.33;

/**
 * Of recordings of two people before a webcam, cut into 93 stretches of 3 s, none leaves 0; of rendered prints and screens
 * that a hand moves for as long, the median reaches 4 and more. No single comparison says more than 2.
 */
const rigidityMax = 1.5;

/**
 * The policy, given the bundle's own thresholds: the configuration may demand more than the bundle, never less.
 */
export function policyOf({
  decision: { headTurn, rigidMotion, schedule, ...decision },
  secondStep,
}: Pick<Config, "decision" | "secondStep">): (bundle: BundleThresholds) => Policy {
  const windows = weeklyWindows(schedule);
  return (bundle) => ({
    ...decision,
    schedule: windows,
    ownerScoreMin: Math.max(decision.ownerScoreMin ?? 0, bundle.ownerScoreMin),
    verifiedScoreMin: Math.max(decision.verifiedScoreMin ?? 0, bundle.verifiedScoreMin),
    householdMarginMin: Math.max(decision.householdMarginMin ?? 0, bundle.householdMarginMin),
    headTurnMin: headTurn ? headTurnMin : null,
    rigidityMax: rigidMotion ? rigidityMax : null,
    confirmationAgeMaxMs: secondStep.kind === "none" ? null : secondStep.confirmationAgeMaxMs,
  });
}
