// Who is in view: successive face boxes that overlap are one presence, until a gap or a jump.
import { overlap } from "../bundle/faces.ts";
import type { FrameObservation } from "./observation.ts";
import type { Policy } from "./policy.ts";
import { noEvidence, type Presence, type State } from "./state.ts";

/** "changed": one presence ended and another started with the same frame. */
export type PresenceChange = "started" | "ended" | "changed";

export interface Tracked {
  readonly state: State;
  readonly change: PresenceChange | null;
  /** The presence that ended, as it last was. */
  readonly ended: Presence | null;
}

/** Ends a presence that was not seen for too long, whether or not a frame arrived. */
export function presenceAt(state: State, atMs: number, policy: Policy): Presence | null {
  const { presence } = state;
  if (presence === null || !(atMs - presence.lastSeenAtMs <= policy.presenceGapMaxMs)) return null;
  return presence;
}

/**
 * Follows the presence.
 *
 * @param frame a sound frame, or null when there is none: then only time can end the presence
 */
export function trackPresence(state: State, frame: FrameObservation | null, nowMs: number, policy: Policy): Tracked {
  const before = state.presence;
  const atMs = frame?.capturedAtMs ?? nowMs;
  const current = presenceAt(state, atMs, policy);
  if (frame === null || frame.face === null) {
    const ended = before !== null && current === null ? before : null;
    return { state: { ...state, presence: current }, change: ended === null ? null : "ended", ended };
  }
  const { box } = frame.face;
  if (current !== null && overlap(current.box, box) >= policy.presenceOverlapMin) {
    const presence = { ...current, box, lastSeenAtMs: atMs, frames: current.frames + 1 };
    return { state: { ...state, presence }, change: null, ended: null };
  }
  const id = state.presences + 1;
  const seen = { id, startedAtMs: atMs, lastSeenAtMs: atMs, frames: 1, box };
  const presence = { ...seen, ...noEvidence, rigidity: 0, attemptSinceMs: null };
  return {
    state: { ...state, presence, presences: id },
    change: before === null ? "started" : "changed",
    ended: before,
  };
}
