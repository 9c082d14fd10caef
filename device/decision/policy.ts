// The numbers that the decision judges by.

/** A part of the week, in minutes since Monday 00:00; `toMinute` is not part of it. */
export interface WeeklyWindow {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** The answer to people who try again and again: a wait that doubles each time. */
export interface LockoutPolicy {
  /** From this similarity to the owner on, a frame makes its attempt a near miss unless the door opens. */
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
  /** The classifier's least score for the owner: a gate, whose cost to the owner is known. */
  readonly ownerScoreMin: number;
  /** The least similarity to the owner's templates. */
  readonly verifiedScoreMin: number;
  /** How much more similarity is asked for while somebody else is near; more than 2 opens for nobody in company. */
  readonly companyScoreExtra: number;
  /** By how much the owner's similarity must exceed that of the nearest enrolled housemate. */
  readonly householdMarginMin: number;
  /** The head must turn by so much within one presence; null asks for no turn. */
  readonly headTurnMin: number | null;
  /** From this sum of log ratios on, a face counts as one on a flat picture that is moved; null does not ask. */
  readonly rigidityMax: number | null;
  /** For so long a button or PIN counts as the second step; null asks for none. */
  readonly confirmationAgeMaxMs: number | null;
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
  /** When the door may open; empty means always, null that nobody knows, and then never. */
  readonly schedule: readonly WeeklyWindow[] | null;
}
