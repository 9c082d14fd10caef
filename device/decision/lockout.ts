// The growing wait after repeated near misses, so that nobody can try until chance opens the door.
import type { SubjectFace } from "./observation.ts";
import type { Policy } from "./policy.ts";
import type { Presence, State } from "./state.ts";
import { resemblesOwner } from "./witnesses.ts";

/** Doubling stops here, far beyond any `maxMs`, so that the numbers stay exact. */
const doublingsMax = 30;

/**
 * Counts a near miss; the one too many starts a lockout, whose end is returned beside the state.
 *
 * An attempt begins with the first frame that resembles the owner (`nearMissScoreMin`) and ends with its presence, or
 * after `attemptMs` of a presence that stays. An attempt that earned no unlock is a near miss. Frames that could not
 * have counted (several faces, an unfit face, a fault, a locked lock) neither begin nor prolong an attempt, so that the owner in
 * company or outside the schedule is not held against anyone; an unlock forgets all near misses.
 */
export function countNearMiss(state: State, nowMs: number, policy: Policy): readonly [State, number | null] {
  const { nearMissesMax, windowMs, firstMs, maxMs } = policy.lockout;
  const recent = state.nearMissesAtMs.filter((atMs) => nowMs - atMs <= windowMs);
  if (recent.length + 1 < nearMissesMax) return [{ ...state, nearMissesAtMs: [...recent, nowMs] }, null];
  const quiet = state.lockoutUntilMs === null || nowMs - state.lockoutUntilMs > windowMs;
  const doublings = quiet ? 0 : Math.min(state.lockoutsInRow, doublingsMax);
  const lockoutUntilMs = nowMs + Math.min(maxMs, firstMs * 2 ** doublings);
  return [{ ...state, nearMissesAtMs: [], lockoutsInRow: doublings + 1, lockoutUntilMs }, lockoutUntilMs];
}

/** Counts the near miss of a presence that ended in the middle of an attempt. */
export function closeAttempt(
  state: State,
  ended: Presence | null,
  nowMs: number,
  policy: Policy,
): readonly [State, number | null] {
  if (ended === null || ended.attemptSinceMs === null) return [state, null];
  return countNearMiss(state, nowMs, policy);
}

/** The attempt after one more frame that did not open the door, and whether that frame made it a near miss. */
export function continueAttempt(
  presence: Presence,
  face: SubjectFace,
  capturedAtMs: number,
  policy: Policy,
): { readonly presence: Presence; readonly missed: boolean } {
  const sinceMs = presence.attemptSinceMs ?? (resemblesOwner(face, policy) ? capturedAtMs : null);
  const missed = sinceMs !== null && capturedAtMs - sinceMs >= policy.lockout.attemptMs;
  return { presence: { ...presence, attemptSinceMs: missed ? null : sinceMs }, missed };
}
