// The numbers that the decision judges by.

/** A part of the week, in minutes since Monday 00:00; `toMinute` is not part of it. */
export interface WeeklyWindow {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** The answer to people who try again and again: a wait that doubles each time. */
export interface LockoutPolicy {
  /** From this owner's score on, a frame makes its attempt a near miss unless the door opens. */
  readonly nearMissScoreMin: number;
  /** How long one attempt of somebody who stays in view lasts. */
  readonly attemptMs: number;
  /** So many near misses within `windowMs` start a lockout. */
  readonly nearMissesMax: number;
  readonly windowMs: number;
  /** The first lockout's length; each further one is twice as long, up to `maxMs`. */
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface Policy {
  /** A frame agrees when the owner is its top class with at least this score. */
  readonly ownerScoreMin: number;
  /** The door opens when `framesNeeded` of the last `framesWindow` frames agree, the newest among them. */
  readonly framesNeeded: number;
  readonly framesWindow: number;
  /** The newest frame's greatest age, at the decision and again at the actuation. */
  readonly frameAgeMaxMs: number;
  /** The greatest age of any frame that is counted. */
  readonly evidenceAgeMaxMs: number;
  /** Without a face for longer than this, a presence ends. */
  readonly presenceGapMaxMs: number;
  /** Intersection over union of successive face boxes, below which it is somebody else. */
  readonly presenceOverlapMin: number;
  /** From the end of one pulse to the first frame that counts for the next. */
  readonly cooldownMs: number;
  readonly lockout: LockoutPolicy;
  /** When the door may open; empty means always. */
  readonly schedule: readonly WeeklyWindow[];
}
