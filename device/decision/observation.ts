// What the decision is told of the world: a frame's faces or a fault, and the time.
import type { Region } from "../bundle/image.ts";
import type { FaultReason, UnfitReason } from "./reasons.ts";

/** What the models say of one frame's subject, its largest face. */
export interface SubjectFace {
  readonly box: Region;
  /** Why the face cannot be judged in this frame; null when it can. */
  readonly unfit: UnfitReason | null;
  /** The first witness: the classifier's score of the owner's class, 0 to 1. */
  readonly ownerScore: number;
  /** The second witness: cosine similarity to the owner's templates, -1 to 1. */
  readonly verifiedScore: number;
  /** By how much `verifiedScore` exceeds the similarity to the nearest housemate; null where none is enrolled. */
  readonly householdMargin: number | null;
  /** The picture looks like one of a print or a screen. */
  readonly spoofSuspected: boolean;
  /**
   * How much likelier it is that the surround went along with the face than that it stood still, since it was last
   * compared: a natural logarithm; null where nothing can be told.
   */
  readonly surroundLogRatio: number | null;
  /** How far the head is turned: negative to one side, positive to the other. */
  readonly yawRatio: number;
}

/** One analysed frame. */
export interface FrameObservation {
  readonly kind: "frame";
  /** The camera's count of its frames. */
  readonly seq: number;
  /** On the monotonic clock, in ms. */
  readonly capturedAtMs: number;
  /** SHA-256 of the JPEG: equal digests mean that the camera repeats itself. */
  readonly digest: string;
  /** Null when the frame holds no face. */
  readonly face: SubjectFace | null;
  /** Faces beside the subject's that are near enough to be at the door. */
  readonly otherFacesNear: number;
}

/** There was no frame, or it could not be analysed. */
export interface FaultObservation {
  readonly kind: "fault";
  readonly reason: FaultReason;
}

export type Observation = FrameObservation | FaultObservation;

/** Both clocks at the moment of the decision. */
export interface Now {
  /** Monotonic, in ms; the clock of `capturedAtMs`. */
  readonly nowMs: number;
  /** Local wall clock: minutes since Monday 00:00, 0 to 10079; null when the wall clock is not to be trusted. */
  readonly minuteOfWeek: number | null;
}
