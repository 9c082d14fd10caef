// Who is known at the door: the bundle's gallery, and the faces that the owner has called somebody else's since.
import type { Gallery, HouseholdMember } from "./bundle/gallery.ts";
import { FacelatchError } from "./errors/errors.ts";
import type { Feedback } from "./feedback/feedback.ts";
import type { Look } from "./pipeline.ts";
import type { LoadedBundle } from "./vision/vision.ts";

/** The gallery to judge by; null while what the owner has said cannot be read: a face that he named must not pass. */
export function knownFaces(
  { gallery, embeddingSpace }: LoadedBundle,
  feedback: Pick<Feedback, "negatives">,
): Gallery | null {
  try {
    const members = new Map<string, HouseholdMember>(gallery.household.map((member) => [member.name, member]));
    for (const { name, embedding } of feedback.negatives(embeddingSpace)) {
      members.set(name, { name, templates: [...(members.get(name)?.templates ?? []), embedding] });
    }
    return { owner: gallery.owner, household: [...members.values()] };
  } catch (error) {
    if (error instanceof FacelatchError) return null;
    throw error;
  }
}

/** Remembers the face of a look, so that something can be said of it later. */
export function noteFace(
  { frame, analysis, observation, decision }: Look,
  embeddingSpace: string,
  feedback: Pick<Feedback, "noteFrame">,
): void {
  const subject = analysis?.subject ?? null;
  const face = observation.kind === "frame" ? observation.face : null;
  if (frame === null || subject === null || face === null || decision.presence === null) return;
  feedback.noteFrame({
    presenceId: decision.presence.id,
    frameSeq: frame.seq,
    capturedAtMs: frame.capturedAtMs,
    jpeg: frame.jpeg,
    embedding: subject.embedding,
    embeddingSpace,
    ownerScore: face.verifiedScore,
    // A face that cannot be judged is a poor one to remember, however large.
    quality: face.unfit === null ? subject.quality.widthPx : 0,
  });
}
