// From a look of the door to what an enrolment takes of it: whether a face is good enough, and whether it may be the owner's.
import { type AdmissionRefusal, admissionRefusal } from "../../bundle/admission.ts";
import type { Gallery } from "../../bundle/gallery.ts";
import { faceLacks, type Policy, type RefusalReason, refusalReasons } from "../../decision/decision.ts";
import type { EnrolmentLook } from "../../enrolment/enrolment.ts";
import type { Role } from "../../people/people.ts";
import type { Look } from "../../pipeline.ts";

/** Why a frame is none to go by, whoever it shows. */
const unsound: ReadonlySet<RefusalReason> = new Set<RefusalReason>([
  "stale_frame",
  "frozen_camera",
  "frame_order",
  "clock_fault",
]);

export interface JudgedBy {
  /** The bundle's owner, and the whole household. */
  readonly gallery: Gallery;
  readonly policy: Policy;
}

/**
 * What an enrolment is told of a look. Of the owner every witness is asked that the door asks, and the bundle's own templates;
 * of a housemate only that the face can be seen well, for nothing opens by it.
 */
export function enrolmentLookOf(look: Look, role: Role, by: JudgedBy): EnrolmentLook {
  const reason = lackOf(look, role, by);
  if (reason !== null) return { lack: { reason, message: refusalReasons[reason] }, face: null };
  const { quality, embedding } = look.analysis!.subject!;
  const { yawRatio, pitchRatio, brightness } = quality;
  const { capturedAtMs } = look.frame!;
  return { lack: null, face: { capturedAtMs, embedding, yawRatio, pitchRatio, brightness } };
}

function lackOf(
  { frame, observation, analysis, decision }: Look,
  role: Role,
  { gallery, policy }: JudgedBy,
): RefusalReason | AdmissionRefusal | null {
  if (observation.kind === "fault") return observation.reason;
  if (decision.kind === "refuse" && unsound.has(decision.reason)) return decision.reason;
  const subject = analysis?.subject ?? null;
  if (frame === null || observation.face === null || subject === null) return "no_face";
  if (observation.face.unfit !== null) return observation.face.unfit;
  // Whose face it is must be beyond doubt.
  if (observation.otherFacesNear > 0) return "several_faces";
  if (role === "household") return null;
  return faceLacks(observation.face, true, policy) ?? admissionRefusal(subject.embedding, gallery, policy);
}
