// Which templates that were enrolled at the door may stand beside the bundle's own: those that its own would let in.
import { cosine } from "./embedding.ts";
import { type Gallery, personScore } from "./gallery.ts";

/** The bars of the bundle in use, or higher ones of the configuration. */
export interface AdmissionBars {
  readonly verifiedScoreMin: number;
  readonly householdMarginMin: number;
}

/** Why an embedding may not become a template of the owner's. */
export type AdmissionRefusal = "not_owner" | "household_member";

/**
 * Judges an embedding that would become a template of the owner's; null where it may.
 *
 * It is compared with the bundle's own templates alone: templates of the door that vouched for one another could lead
 * step by step away from the owner. Written so that what is no number is refused.
 *
 * @param gallery the bundle's owner, and the whole household, also those named or enrolled at the door
 */
export function admissionRefusal(
  embedding: Float32Array,
  gallery: Gallery,
  { verifiedScoreMin, householdMarginMin }: AdmissionBars,
): AdmissionRefusal | null {
  if (!(personScore(embedding, gallery.owner) >= verifiedScoreMin)) return "not_owner";
  const [mean] = gallery.owner;
  const likeness = mean === undefined ? Number.NaN : cosine(embedding, mean);
  for (const { templates } of gallery.household) {
    if (templates.length === 0) continue;
    if (!(likeness - personScore(embedding, templates) >= householdMarginMin)) return "household_member";
  }
  return null;
}
