// The two witnesses of one frame: the classifier, and the face verified against templates; both must speak for the owner.
import type { SubjectFace } from "./observation.ts";
import type { Policy } from "./policy.ts";
import type { RefusalReason } from "./reasons.ts";

/**
 * Why one frame's face does not count for the owner; null when it does. In company more likeness is asked for: somebody
 * beside the owner may be taken for him in one frame and not in the next.
 *
 * Every check can only refuse: a high score of one witness never makes up for the other's. Comparisons are written so
 * that a score that is no number refuses.
 */
export function faceLacks(face: SubjectFace, isAlone: boolean, policy: Policy): RefusalReason | null {
  const lack = lackAlone(face, policy);
  if (lack !== null || isAlone) return lack;
  return face.verifiedScore >= policy.verifiedScoreMin + policy.companyScoreExtra ? null : "several_faces";
}

function lackAlone(face: SubjectFace, policy: Policy): RefusalReason | null {
  if (face.unfit !== null) return face.unfit;
  if (!(face.verifiedScore >= policy.verifiedScoreMin)) return "not_owner";
  if (face.householdMargin !== null && !(face.householdMargin >= policy.householdMarginMin)) return "household_member";
  if (!(face.ownerScore >= policy.ownerScoreMin)) return "classifier_disagrees";
  return face.spoofSuspected ? "spoof_suspected" : null;
}

/** Whether a face that did not open the door is like enough to the owner's to be an attempt; a housemate's is not. */
export function resemblesOwner(face: SubjectFace, policy: Policy): boolean {
  if (face.householdMargin !== null && face.householdMargin < 0) return false;
  return face.verifiedScore >= Math.min(policy.lockout.nearMissScoreMin, policy.verifiedScoreMin);
}
