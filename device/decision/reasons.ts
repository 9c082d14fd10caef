// The one table of reasons for which the door stays locked, each with a sentence for people.

/** Every refusal carries one of these codes; they are stable, the sentences are not. */
export const refusalReasons = {
  no_face: "Nobody is in view.",
  several_faces: "Somebody else is near: come alone, or nearer to the camera.",
  not_owner: "The face is not the owner's.",
  household_member: "The face is a housemate's, or too like one.",
  classifier_disagrees: "The face is like the owner's, but the classifier does not agree.",
  spoof_suspected: "This looks like a picture of a face.",
  too_small: "The face is too small: come closer.",
  too_dark: "The face is too dark.",
  too_bright: "The face is too bright.",
  too_blurred: "The face is blurred: hold still.",
  turned_away: "The face is turned away: look at the camera.",
  cut_off: "The face is not wholly in the picture.",
  masked: "The face is masked: take the mask off, or use another way in.",
  occluded: "The face is covered in part.",
  turn_head: "Turn your head a little to both sides.",
  confirmation_missing: "The second step is missing: press the button or enter the PIN.",
  too_few_frames: "The owner was not seen in enough of the latest frames yet.",
  stale_frame: "The newest frame is too old.",
  frozen_camera: "The camera repeats a picture.",
  frame_order: "A frame arrived out of order.",
  clock_fault: "A time lies in the future or runs backwards.",
  camera_fault: "The camera delivers no frames.",
  camera_black: "The camera sees no light.",
  camera_covered: "The camera is covered.",
  camera_changed: "The camera is another one than at the start.",
  frame_invalid: "A frame could not be read.",
  vision_fault: "The recognition is not running.",
  bundle_missing: "No verified bundle is in use.",
  household_unavailable: "The housemates that the lock was told of cannot be read.",
  locked_down: "The door is locked down.",
  face_unlock_off: "Faces are switched off: meanwhile the door opens for none.",
  enrolling: "Somebody is being enrolled: meanwhile the door opens for no face.",
  tampered: "The case at the door was opened: the door opens for no face.",
  tamper_unknown: "The tamper switch cannot be read: the door opens for no face.",
  pulse_active: "The door is being opened already.",
  cooldown: "The door was opened a moment ago.",
  lockout: "Too many near misses: the lock waits.",
  outside_schedule: "The schedule keeps the door locked now.",
  schedule_unavailable: "The schedule cannot be read.",
  clock_unknown: "The time of day is unknown, and there is a schedule.",
  presence_gone: "The person who was recognised is not in view any more.",
  grant_expired: "The permission to open is too old.",
  audit_unavailable: "The opening could not be recorded.",
  relay_unavailable: "The relay cannot be driven.",
} as const;

export type RefusalReason = keyof typeof refusalReasons;

/** Why no face is trusted although a person might be: the lock itself may have been opened. */
export type TamperReason = Extract<RefusalReason, "tampered" | "tamper_unknown">;

/** Why a face cannot be judged in one frame; another frame may show it better. */
export type UnfitReason = Extract<
  RefusalReason,
  "too_small" | "too_dark" | "too_bright" | "too_blurred" | "turned_away" | "cut_off" | "masked" | "occluded"
>;

/** Why there is no frame to judge. */
export type FaultReason = Extract<
  RefusalReason,
  | "camera_fault"
  | "camera_black"
  | "camera_covered"
  | "camera_changed"
  | "frame_invalid"
  | "vision_fault"
  | "bundle_missing"
  | "household_unavailable"
>;
