// From decisions to events: what of each frame is worth a record. Pure.
import { type Decision, type RefusalReason, refusalReasons, type SubjectFace } from "./decision/decision.ts";
import type { NewEvent } from "./events/events.ts";

type EventData = NewEvent["data"];

/** What happened to a presence so far, kept from one frame to the next. */
export interface PresenceRecord {
  readonly id: number;
  readonly unlocked: boolean;
  /** The latest refusal while a face was in view. */
  readonly reason: RefusalReason | null;
  readonly verifiedScoreMax: number;
  /** What the latest refusal as a picture of a face went by; null when it was for another reason. */
  readonly spoofCue: "texture" | "motion" | null;
  /** The last frame in which the presence was seen. */
  readonly frameSeq: number;
}

export interface DoorFrame {
  readonly decision: Decision;
  /** 0 without a frame. */
  readonly frameSeq: number;
  /** Null without a frame, or without a face in it. */
  readonly face: SubjectFace | null;
  readonly nowMs: number;
}

/** The record after one more frame; null while nobody is in view. */
export function recordPresence(
  record: PresenceRecord | null,
  { decision, face, frameSeq }: DoorFrame,
): PresenceRecord | null {
  const { presence } = decision;
  if (presence === null) return null;
  const before =
    record?.id === presence.id
      ? record
      : { id: presence.id, unlocked: false, reason: null, verifiedScoreMax: 0, spoofCue: null, frameSeq };
  const seen = decision.kind === "unlock" || decision.reason !== "no_face";
  const refused = decision.kind === "refuse" && decision.reason !== "no_face" ? decision.reason : before.reason;
  return {
    ...before,
    reason: refused,
    spoofCue: refused === "spoof_suspected" ? cueOf(face, before) : null,
    verifiedScoreMax: Math.max(before.verifiedScoreMax, face?.verifiedScore ?? 0),
    frameSeq: seen ? frameSeq : before.frameSeq,
  };
}

/** A face in which a frame by itself shows nothing suspicious was refused for its motion. */
function cueOf(face: SubjectFace | null, before: PresenceRecord): PresenceRecord["spoofCue"] {
  if (face === null) return before.spoofCue;
  return face.spoofSuspected ? "texture" : "motion";
}

/**
 * The events of one frame: who came, who left and why the door stayed locked for them, and a lockout that began.
 * One refusal a presence, not one a frame: the last reason is the one that a person can act on.
 *
 * @param record of the presence before this frame
 */
export function doorEvents(record: PresenceRecord | null, frame: DoorFrame): NewEvent[] {
  const { decision, frameSeq, nowMs } = frame;
  const events: NewEvent[] = [];
  const push = (type: NewEvent["type"], reason: string | null, message: string, data: EventData) =>
    events.push({
      type,
      monotonicMs: nowMs,
      reason,
      message,
      data: { ...(frameSeq > 0 ? { frameSeq } : {}), ...data },
    });
  const ended = decision.presenceEnded;
  if (ended !== null) {
    const seenMs = Math.round(ended.lastSeenAtMs - ended.startedAtMs);
    if (record !== null && record.id === ended.id && !record.unlocked && record.reason !== null) {
      push("unlock.refused", record.reason, refusalReasons[record.reason], {
        frameSeq: record.frameSeq,
        presenceId: ended.id,
        verifiedScoreMax: round(record.verifiedScoreMax),
        frames: ended.frames,
        ...(record.spoofCue === null ? {} : { spoofCue: record.spoofCue }),
      });
    }
    push("presence.ended", null, "Nobody is in view any more.", { presenceId: ended.id, seenMs });
  }
  if (decision.presenceChange === "started" || decision.presenceChange === "changed") {
    push("presence.started", null, "Somebody came into view.", { presenceId: decision.presence?.id ?? 0 });
  }
  if (decision.lockoutUntilMs !== null) {
    const waitMs = Math.round(decision.lockoutUntilMs - nowMs);
    push("lockout.started", "lockout", refusalReasons.lockout, { waitMs });
  }
  return events;
}

/** The record that must be stored before the relay is driven. */
export function unlockEvent({ decision, frameSeq, face, nowMs }: DoorFrame): NewEvent {
  return {
    type: "unlock.granted",
    monotonicMs: nowMs,
    reason: null,
    message: "The owner was recognised; the door opens.",
    data: {
      frameSeq,
      presenceId: decision.presence?.id ?? 0,
      ownerScore: round(face?.ownerScore ?? 0),
      verifiedScore: round(face?.verifiedScore ?? 0),
      householdMargin: face === null || face.householdMargin === null ? null : round(face.householdMargin),
      agreeing: decision.presence?.agreeing ?? 0,
    },
  };
}

/** Somebody who opens by hand, over the API. */
export interface Opening {
  /** Who, in words. */
  readonly by: string;
  /** Tells a request that is sent again from another one. */
  readonly requestId: string;
}

/** The record of an opening by hand, which must be stored before the relay is driven, or of its refusal. */
export function openingEvent({ by, requestId }: Opening, refusal: RefusalReason | null, nowMs: number): NewEvent {
  return {
    type: refusal === null ? "unlock.granted" : "unlock.refused",
    monotonicMs: nowMs,
    reason: refusal,
    message: refusal === null ? `Opened over the API by ${by}.` : refusalReasons[refusal],
    data: { way: "api", by, requestId },
  };
}

function round(score: number): number {
  return Math.round(score * 1e4) / 1e4;
}
