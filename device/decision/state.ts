// What the decision remembers from one frame to the next: bounded in size and plain JSON.
import type { Region } from "../bundle/image.ts";
import type { TamperReason } from "./reasons.ts";

/** One sound frame of a presence. */
export interface Evidence {
  readonly capturedAtMs: number;
  readonly agrees: boolean;
}

/** Somebody in view, from the first frame with a face to a gap or a jump of the face's box. */
export interface Presence {
  /** Counts from 1. */
  readonly id: number;
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  /** Sound frames with a face. */
  readonly frames: number;
  readonly box: Region;
  /** The latest sound frames, oldest first, at most `framesWindow`. */
  readonly evidence: readonly Evidence[];
  /** How far the head was turned in agreeing frames; null before the first. */
  readonly yawRatioMin: number | null;
  readonly yawRatioMax: number | null;
  /** How much speaks for a surround that goes along with the face, 0 for nothing; faults and blocks do not clear it. */
  readonly rigidity: number;
  /** When the current attempt first resembled the owner; null while none did. */
  readonly attemptSinceMs: number | null;
}

/** All times are monotonic, so a state means nothing in another boot. */
export interface State {
  readonly lastNowMs: number | null;
  /** The frame that the next one must follow. */
  readonly lastFrame: { readonly seq: number; readonly capturedAtMs: number } | null;
  /** Of the latest frames, oldest first, at most `framesWindow`. */
  readonly recentDigests: readonly string[];
  readonly presence: Presence | null;
  /** Presences so far. */
  readonly presences: number;
  /** When the pulse began that has not ended yet. */
  readonly pulseSinceMs: number | null;
  readonly actuatedAtMs: number | null;
  readonly pulseEndedAtMs: number | null;
  /** Within the lockout's window, oldest first, fewer than `nearMissesMax`. */
  readonly nearMissesAtMs: readonly number[];
  /** Lockouts without an unlock or a quiet time between them. */
  readonly lockoutsInRow: number;
  readonly lockoutUntilMs: number | null;
  readonly lockedDown: boolean;
  /** No face opens; hands do. */
  readonly facesOff: boolean;
  /** Somebody is being enrolled. */
  readonly enrolling: boolean;
  /** The case at the door is open, or nobody can tell. */
  readonly tamper: TamperReason | null;
  /** When the second step was last taken that no opening has spent. */
  readonly confirmedAtMs: number | null;
}

/** The state of a lock that has seen nothing yet. */
export function initialState(): State {
  return {
    lastNowMs: null,
    lastFrame: null,
    recentDigests: [],
    presence: null,
    presences: 0,
    pulseSinceMs: null,
    actuatedAtMs: null,
    pulseEndedAtMs: null,
    nearMissesAtMs: [],
    lockoutsInRow: 0,
    lockoutUntilMs: null,
    lockedDown: false,
    facesOff: false,
    enrolling: false,
    tamper: null,
    confirmedAtMs: null,
  };
}

/** A presence's part that counts for an unlock, before anything does. */
export const noEvidence = { evidence: [], yawRatioMin: null, yawRatioMax: null } as const;

/** The state without what was collected for an unlock. */
export function withoutEvidence(state: State): State {
  const { presence } = state;
  if (presence === null || (presence.evidence.length === 0 && presence.yawRatioMin === null)) return state;
  return { ...state, presence: { ...presence, ...noEvidence } };
}

/** The last `count` items of a list; none when `count` is 0. */
export function lastOf<T>(list: readonly T[], count: number): readonly T[] {
  return list.slice(Math.max(0, list.length - count));
}
