// A door for the tests of the decision: it keeps the state, the clock and the frames' numbering.
import {
  type Decision,
  decide,
  type FaultReason,
  type FrameObservation,
  initialState,
  type Policy,
  type State,
  type SubjectFace,
} from "../../../device/decision/decision.ts";

export const policy: Policy = {
  ownerScoreMin: 0.3,
  verifiedScoreMin: 0.65,
  companyScoreExtra: 0.1,
  householdMarginMin: 0.1,
  headTurnMin: null,
  rigidityMax: null,
  confirmationAgeMaxMs: null,
  framesNeeded: 4,
  framesWindow: 6,
  frameAgeMaxMs: 1000,
  evidenceAgeMaxMs: 2000,
  presenceGapMaxMs: 1000,
  presenceOverlapMin: 0.25,
  cooldownMs: 5000,
  lockout: {
    nearMissScoreMin: 0.5,
    attemptMs: 10_000,
    nearMissesMax: 5,
    windowMs: 300_000,
    firstMs: 30_000,
    maxMs: 900_000,
  },
  schedule: [],
};

export const box = { leftPx: 100, topPx: 100, widthPx: 100, heightPx: 100 };
export const owner: SubjectFace = {
  box,
  unfit: null,
  ownerScore: 0.97,
  verifiedScore: 0.85,
  householdMargin: null,
  spoofSuspected: false,
  surroundLogRatio: null,
  yawRatio: 0,
};
export const lookAlike: SubjectFace = { ...owner, verifiedScore: 0.55 };
export const stranger: SubjectFace = { ...owner, ownerScore: 0.1, verifiedScore: 0.1 };

export class Door {
  state: State = initialState();
  nowMs = 1000;
  minuteOfWeek: number | null = null;
  seq = 0;
  policy: Policy;

  constructor(changes: Partial<Policy> = {}) {
    this.policy = { ...policy, ...changes };
  }

  get now() {
    return { nowMs: this.nowMs, minuteOfWeek: this.minuteOfWeek };
  }

  /** A frame of this moment, not shown yet. */
  frame(face: SubjectFace | null, changes: Partial<FrameObservation> = {}): FrameObservation {
    this.seq++;
    return {
      kind: "frame",
      seq: this.seq,
      capturedAtMs: this.nowMs - 10,
      digest: `digest-${this.seq}`,
      face,
      otherFacesNear: 0,
      ...changes,
    };
  }

  /** Shows one frame after another, 100 ms apart, and returns the last decision. */
  see(face: SubjectFace | null, frames = 1, changes: Partial<FrameObservation> = {}): Decision {
    for (let i = 1; i < frames; i++) this.show(this.frame(face, changes));
    return this.show(this.frame(face, changes));
  }

  show(frame: FrameObservation): Decision {
    const [state, decision] = decide(this.state, frame, this.now, this.policy);
    this.state = state;
    this.nowMs += 100;
    return decision;
  }

  fail(reason: FaultReason): Decision {
    const [state, decision] = decide(this.state, { kind: "fault", reason }, this.now, this.policy);
    this.state = state;
    this.nowMs += 100;
    return decision;
  }

  wait(durationMs: number): void {
    this.nowMs += durationMs;
  }
}

/** "unlock", or the reason of the refusal. */
export function outcomeOf(decision: Decision): string {
  return decision.kind === "unlock" ? "unlock" : decision.reason;
}
