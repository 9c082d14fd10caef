// The evidence for the owner: k of the last n frames of one presence, each of them young enough.
import type { Policy } from "./policy.ts";
import type { RefusalReason } from "./reasons.ts";
import { lastOf, type Presence } from "./state.ts";

/** The presence with one more sound frame; the oldest beyond the window is forgotten. */
export function addEvidence(presence: Presence, capturedAtMs: number, agrees: boolean, policy: Policy): Presence {
  return { ...presence, evidence: lastOf([...presence.evidence, { capturedAtMs, agrees }], policy.framesWindow) };
}

/** How many of the window's frames agree and are young enough to count. */
export function agreeingFrames(presence: Presence, nowMs: number, policy: Policy): number {
  return lastOf(presence.evidence, policy.framesWindow).filter(
    ({ agrees, capturedAtMs }) => agrees && nowMs - capturedAtMs <= policy.evidenceAgeMaxMs,
  ).length;
}

/** What a presence's evidence lacks at `nowMs`; null when it suffices to open the door. */
export function evidenceLacks(presence: Presence, nowMs: number, policy: Policy): RefusalReason | null {
  const newest = presence.evidence.at(-1);
  if (newest === undefined || !newest.agrees) return "too_few_frames";
  if (!(nowMs - newest.capturedAtMs <= policy.frameAgeMaxMs)) return "stale_frame";
  return agreeingFrames(presence, nowMs, policy) >= policy.framesNeeded ? null : "too_few_frames";
}
