// From the configuration to the decision's policy: pure.
import type { Config } from "./config/config.ts";
import type { Policy } from "./decision/decision.ts";

/**
 * The policy, given the bundle's own threshold: the configuration may demand more than the bundle, never less.
 */
export function policyOf(decision: Config["decision"]): (bundleScoreMin: number) => Policy {
  return (bundleScoreMin) => ({ ...decision, ownerScoreMin: Math.max(decision.ownerScoreMin ?? 0, bundleScoreMin) });
}
