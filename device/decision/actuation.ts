// From a granted unlock to the relay: the last check before it, and what the lock remembers of it.
import { blockedBy } from "./blocks.ts";
import { evidenceLacks } from "./evidence.ts";
import { clockIsSound } from "./frame-order.ts";
import { furtherStepLacking } from "./further-steps.ts";
import type { Now } from "./observation.ts";
import type { Policy } from "./policy.ts";
import { presenceAt } from "./presence.ts";
import type { RefusalReason, TamperReason } from "./reasons.ts";
import { noEvidence, type State, withoutEvidence } from "./state.ts";

/** Permission to open the door once, for the presence that earned it, while its newest frame is young. */
export interface Grant {
  readonly presenceId: number;
  readonly decidedAtMs: number;
  readonly newestFrameAtMs: number;
  /** The last moment at which the relay may be driven: `newestFrameAtMs + frameAgeMaxMs`. */
  readonly expiresAtMs: number;
}

/**
 * Judges a grant again at the moment of actuation, after the audit record was written.
 * The whole evidence must stand now: frames that arrived since the grant may have taken it away.
 *
 * @returns why the relay must not be driven; null when it may
 */
export function recheck(state: State, grant: Grant, now: Now, policy: Policy): RefusalReason | null {
  const { nowMs } = now;
  if (!clockIsSound(state, now) || !(grant.decidedAtMs <= nowMs)) return "clock_fault";
  const block = blockedBy(state, now, policy);
  if (block !== null) return block;
  // One grant opens once, also when the cooldown is shorter than a grant lives.
  if (state.actuatedAtMs !== null && state.actuatedAtMs >= grant.decidedAtMs) return "cooldown";
  if (!(nowMs <= grant.expiresAtMs)) return "grant_expired";
  const presence = presenceAt(state, nowMs, policy);
  if (presence === null || presence.id !== grant.presenceId) return "presence_gone";
  return evidenceLacks(presence, nowMs, policy) ?? furtherStepLacking(state, presence, nowMs, policy);
}

/**
 * Notes that the relay is about to be driven; call it before the relay, so that a pulse is never unknown.
 * The evidence and the second step are spent, and near misses are forgotten: it was the owner.
 *
 * @throws Error during a pulse: `recheck` was skipped
 */
export function recordActuation(state: State, atMs: number): State {
  if (state.pulseSinceMs !== null) throw new Error("recordActuation during a pulse: recheck must come first");
  const { presence } = state;
  return {
    ...state,
    presence: presence === null ? null : { ...presence, ...noEvidence, attemptSinceMs: null },
    pulseSinceMs: atMs,
    actuatedAtMs: atMs,
    nearMissesAtMs: [],
    lockoutsInRow: 0,
    lockoutUntilMs: null,
    confirmedAtMs: null,
  };
}

/**
 * Why nobody may open by hand now, over the API; null when they may. The schedule, the waits after faces that were not
 * let in and the switch of faces are for faces.
 *
 * @param gapMinMs the least time between two pulses
 */
export function refusalByHand(state: State, nowMs: number, gapMinMs: number): RefusalReason | null {
  if (state.lockedDown) return "locked_down";
  if (state.pulseSinceMs !== null) return "pulse_active";
  return state.pulseEndedAtMs !== null && !(nowMs - state.pulseEndedAtMs >= gapMinMs) ? "cooldown" : null;
}

/**
 * Notes that the relay is about to be driven for somebody who opens by hand. What was collected of a face is spent; near
 * misses stay, as nobody showed that it was the owner.
 */
export function recordOpeningByHand(state: State, atMs: number): State {
  return { ...withoutEvidence(state), pulseSinceMs: atMs, actuatedAtMs: atMs, confirmedAtMs: null };
}

/** Notes that the relay is inactive again, or could not be driven; the cooldown begins. Until then nothing opens. */
export function recordPulseEnd(state: State, atMs: number): State {
  return { ...state, pulseSinceMs: null, pulseEndedAtMs: atMs };
}

/** Notes that somebody is being enrolled, or is no more; either way evidence must be collected anew. */
export function setEnrolling(state: State, on: boolean): State {
  return { ...withoutEvidence(state), enrolling: on };
}

/** Notes that the case at the door was opened, or that nobody can tell, or neither; evidence must be collected anew. */
export function setTamper(state: State, tamper: TamperReason | null): State {
  return { ...withoutEvidence(state), tamper };
}

/** Switches faces off, or on again; either way evidence must be collected anew. */
export function setFacesOff(state: State, off: boolean): State {
  return { ...withoutEvidence(state), facesOff: off };
}

/** Locks the door down, or lifts the lockdown; either way evidence must be collected anew. */
export function setLockdown(state: State, on: boolean): State {
  return { ...withoutEvidence(state), lockedDown: on };
}
