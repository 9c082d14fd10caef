// The port of the decision, a pure function: every frame either earns an unlock or is refused for a stated reason.
import {
  type Grant,
  recheck,
  recordActuation,
  recordOpeningByHand,
  recordPulseEnd,
  refusalByHand,
  setEnrolling,
  setFacesOff,
  setLockdown,
  setTamper,
} from "./actuation.ts";
import { blockedBy } from "./blocks.ts";
import { addEvidence, agreeingFrames, evidenceLacks } from "./evidence.ts";
import { clockIsSound, receiveFrame } from "./frame-order.ts";
import { addHeadTurn, furtherStepLacking, recordConfirmation } from "./further-steps.ts";
import { closeAttempt, continueAttempt, countNearMiss } from "./lockout.ts";
import type { FrameObservation, Now, Observation } from "./observation.ts";
import type { Policy } from "./policy.ts";
import { type PresenceChange, trackPresence } from "./presence.ts";
import { type RefusalReason, refusalReasons, type UnfitReason } from "./reasons.ts";
import { addSurroundStep, isRigid } from "./rigidity.ts";
import { scheduleRefusal } from "./schedule.ts";
import { initialState, noEvidence, type Presence, type State, withoutEvidence } from "./state.ts";
import { faceLacks } from "./witnesses.ts";

export type { FrameObservation, SubjectFace } from "./observation.ts";
export type { FaultReason, TamperReason, UnfitReason } from "./reasons.ts";
export type { Grant, Now, Observation, Policy, PresenceChange, RefusalReason, State };
export {
  blockedBy,
  faceLacks,
  initialState,
  recheck,
  recordActuation,
  recordConfirmation,
  recordOpeningByHand,
  recordPulseEnd,
  refusalByHand,
  refusalReasons,
  scheduleRefusal,
  setEnrolling,
  setFacesOff,
  setLockdown,
  setTamper,
  withoutEvidence,
};

export interface PresenceInfo {
  /** Counts from 1. */
  readonly id: number;
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  /** Sound frames with a face, since it started. */
  readonly frames: number;
  /** Of the last `framesWindow` frames, those that count for the owner now. */
  readonly agreeing: number;
}

export type Verdict =
  | { readonly kind: "unlock"; readonly grant: Grant }
  | { readonly kind: "refuse"; readonly reason: RefusalReason };

export type Decision = Verdict & {
  /** Who is in view after this observation. */
  readonly presence: PresenceInfo | null;
  readonly presenceChange: PresenceChange | null;
  /** Who is not in view any more: set when `presenceChange` is "ended" or "changed". */
  readonly presenceEnded: PresenceInfo | null;
  /** The end of a lockout that this observation started; null in every other decision. */
  readonly lockoutUntilMs: number | null;
};

/**
 * Judges one observation.
 *
 * The door opens when `framesNeeded` of the last `framesWindow` frames of one presence agree that it is the owner, the
 * newest among them, and no further step is lacking. A frame agrees when both witnesses speak for the owner. Only a sound frame adds to that evidence: in order, in time, not seen before, while
 * nothing blocks the lock. A frame without a face, or with somebody else's, takes its place in the window without
 * agreeing; anything else clears the evidence. An unlock is a grant, judged again by `recheck` at the relay.
 *
 * @param state from `initialState`, or from the call before; it is not changed
 * @returns the next state, and the decision
 */
export function decide(state: State, observation: Observation, now: Now, policy: Policy): readonly [State, Decision] {
  if (!clockIsSound(state, now)) {
    const cleared = withoutEvidence(state);
    return [cleared, { ...refuse("clock_fault"), ...nothingChanged, presence: infoOf(cleared.presence, 0, policy) }];
  }
  const { nowMs } = now;
  const [received, unsound] =
    observation.kind === "frame" ? receiveFrame(state, observation, now, policy) : [state, null];
  const frame = observation.kind === "frame" && unsound === null ? observation : null;
  const tracked = trackPresence({ ...received, lastNowMs: nowMs }, frame, nowMs, policy);
  const [closed, lockoutUntilMs] = closeAttempt(tracked.state, tracked.ended, nowMs, policy);
  const judged = judge(closed, observation, unsound, now, policy);
  return [
    judged.state,
    {
      ...judged.verdict,
      presence: infoOf(judged.state.presence, nowMs, policy),
      presenceChange: tracked.change,
      presenceEnded: infoOf(tracked.ended, nowMs, policy),
      lockoutUntilMs: judged.lockoutUntilMs ?? lockoutUntilMs,
    },
  ];
}

interface Judged {
  readonly state: State;
  readonly verdict: Verdict;
  readonly lockoutUntilMs: number | null;
}

function judge(
  state: State,
  observation: Observation,
  unsound: RefusalReason | null,
  now: Now,
  policy: Policy,
): Judged {
  if (observation.kind === "fault") return refused(withoutEvidence(state), observation.reason);
  if (unsound !== null) return refused(withoutEvidence(state), unsound);
  return judgeFrame(state, observation, now, policy);
}

const coverings: ReadonlySet<UnfitReason> = new Set<UnfitReason>(["masked", "occluded"]);

function judgeFrame(tracked: State, frame: FrameObservation, now: Now, policy: Policy): Judged {
  const { face, capturedAtMs } = frame;
  if (tracked.presence === null) return refused(tracked, "no_face");
  const presence = addSurroundStep(tracked.presence, face?.surroundLogRatio ?? null, policy);
  const state = { ...tracked, presence };
  const block = blockedBy(state, now, policy);
  if (block !== null) {
    const cleared = { ...presence, ...noEvidence, attemptSinceMs: null };
    return refused({ ...state, presence: cleared }, face === null ? "no_face" : block);
  }
  if (face === null) {
    return refused({ ...state, presence: addEvidence(presence, capturedAtMs, false, policy) }, "no_face");
  }
  const isAlone = frame.otherFacesNear === 0;
  const faceLack = faceLacks(face, isAlone, policy) ?? (isRigid(presence, policy) ? "spoof_suspected" : null);
  // Whose face a frame in company shows is less sure than usual: one that does not pass takes all that was collected.
  if (!isAlone && faceLack !== null) return refused(withoutEvidence(state), faceLack);
  const counted = addEvidence(presence, capturedAtMs, faceLack === null, policy);
  // What cannot be judged is held against nobody, and counts for nobody. A covered face was judged, and is no owner's.
  if (face.unfit !== null && !coverings.has(face.unfit)) return refused({ ...state, presence: counted }, face.unfit);
  const seen = faceLack === null ? addHeadTurn(counted, face.yawRatio) : counted;
  const lacking = evidenceLacks(seen, now.nowMs, policy);
  if (lacking === null) return judgeRecognised({ ...state, presence: seen }, seen, capturedAtMs, now.nowMs, policy);
  const reason = faceLack ?? lacking;
  const attempt = continueAttempt(seen, face, capturedAtMs, policy);
  const next = { ...state, presence: attempt.presence };
  if (!attempt.missed) return refused(next, reason);
  const [missed, lockoutUntilMs] = countNearMiss(next, now.nowMs, policy);
  return refused(lockoutUntilMs === null ? missed : withoutEvidence(missed), reason, lockoutUntilMs);
}

/** The frames suffice: the door opens, unless a further step is asked for. Either way it was no near miss. */
function judgeRecognised(state: State, seen: Presence, newestFrameAtMs: number, nowMs: number, policy: Policy): Judged {
  const presence = { ...seen, attemptSinceMs: null };
  const next = { ...state, presence };
  const step = furtherStepLacking(next, presence, nowMs, policy);
  if (step !== null) return refused(next, step);
  const grant = grantFor(presence, newestFrameAtMs, nowMs, policy);
  return { state: next, verdict: { kind: "unlock", grant }, lockoutUntilMs: null };
}

function refused(state: State, reason: RefusalReason, lockoutUntilMs: number | null = null): Judged {
  return { state, verdict: refuse(reason), lockoutUntilMs };
}

function grantFor(presence: Presence, newestFrameAtMs: number, nowMs: number, policy: Policy): Grant {
  return {
    presenceId: presence.id,
    decidedAtMs: nowMs,
    newestFrameAtMs,
    expiresAtMs: newestFrameAtMs + policy.frameAgeMaxMs,
  };
}

function refuse(reason: RefusalReason): Verdict {
  return { kind: "refuse", reason };
}

const nothingChanged = { presenceChange: null, presenceEnded: null, lockoutUntilMs: null } as const;

function infoOf(presence: Presence | null, nowMs: number, policy: Policy): PresenceInfo | null {
  if (presence === null) return null;
  const { id, startedAtMs, lastSeenAtMs, frames } = presence;
  return { id, startedAtMs, lastSeenAtMs, frames, agreeing: agreeingFrames(presence, nowMs, policy) };
}
