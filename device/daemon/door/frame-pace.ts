// How slowly a strained board may take its frames: as slowly as the same rules can still be met at.
import type { Config } from "../../config/config.ts";

/**
 * The least time between two frames of a board under strain, in ms: the frames that an opening needs still fit into the
 * time in which they count, nobody is taken for gone between two of them, and the guard hears of each pulse in time.
 */
export function sparingIntervalMs({ decision, camera, relay }: Pick<Config, "decision" | "camera" | "relay">): number {
  const limits = [
    decision.evidenceAgeMaxMs / (decision.framesNeeded + 1),
    decision.presenceGapMaxMs / 3,
    camera.stallTimeoutMs / 2,
    ...(relay.kind === "recorded" ? [] : [relay.guard.heartbeatTimeoutMs / 2]),
  ];
  return Math.floor(Math.min(...limits));
}
