// Who is known at the door: the bundle's gallery, the faces that the owner has called somebody else's since, and the people who
// were enrolled at the door.
import { type AdmissionBars, admissionRefusal } from "../../bundle/admission.ts";
import type { Gallery, HouseholdMember } from "../../bundle/gallery.ts";
import { FacelatchError } from "../../errors/errors.ts";
import type { Feedback, Negative } from "../../feedback/feedback.ts";
import type { KnownPerson, People } from "../../people/people.ts";
import type { Look } from "../../pipeline.ts";
import type { BundleThresholds, LoadedBundle, OwnerTemplates } from "../../vision/vision.ts";

export interface KnownFacesParts {
  readonly feedback: Pick<Feedback, "negatives">;
  readonly people: Pick<People, "known">;
  /** By which the door itself judges. */
  readonly bars: (bundle: BundleThresholds) => AdmissionBars;
  /** Told of the owner's templates that joined the bundle's, whenever they are others. */
  readonly onOwnerTemplates: (templates: OwnerTemplates) => void;
}

interface Known {
  readonly bundle: LoadedBundle;
  readonly negatives: readonly Negative[];
  readonly people: readonly KnownPerson[];
  /** All that the door judges by. */
  readonly gallery: Gallery;
  /** How many of each person's templates are in it. */
  readonly inUse: ReadonlyMap<string, number>;
}

export class KnownFaces {
  readonly #parts: KnownFacesParts;
  #known: Known | null = null;

  constructor(parts: KnownFacesParts) {
    this.#parts = parts;
  }

  /** The gallery to judge by; null while somebody who was named cannot be known: a face that was named must not pass. */
  galleryOf(bundle: LoadedBundle): Gallery | null {
    return this.#of(bundle)?.gallery ?? null;
  }

  /** The bundle's owner alone, beside the whole household: what a new template of the owner's is compared with. */
  bundleOwnerIn(bundle: LoadedBundle): Gallery | null {
    const known = this.#of(bundle);
    return known === null ? null : { owner: bundle.gallery.owner, household: known.gallery.household };
  }

  /** How many templates of a person the door judges by. */
  inUse(bundle: LoadedBundle, personId: string): number {
    return this.#of(bundle)?.inUse.get(personId) ?? 0;
  }

  #of(bundle: LoadedBundle): Known | null {
    const { feedback, people: enrolled, bars } = this.#parts;
    try {
      const negatives = feedback.negatives(bundle.embeddingSpace);
      const people = enrolled.known(bundle.embeddingSpace);
      const before = this.#known;
      // Both lists stay the same until something changes: the work is done once, not for each frame.
      if (before?.bundle === bundle && before.negatives === negatives && before.people === people) return before;
      this.#known = knownFaces(bundle, negatives, people, bars(bundle.thresholds));
      const templates = this.#known.gallery.owner.slice(bundle.gallery.owner.length);
      this.#parts.onOwnerTemplates({ embeddingSpace: bundle.embeddingSpace, templates });
      return this.#known;
    } catch (error) {
      if (error instanceof FacelatchError) return null;
      throw error;
    }
  }
}

/**
 * Joins them. A template of the owner's is judged anew with each bundle and each face that was named since: one that may not
 * stand beside the bundle's own counts for nothing.
 */
export function knownFaces(
  bundle: LoadedBundle,
  negatives: readonly Negative[],
  people: readonly KnownPerson[],
  bars: AdmissionBars,
): Known {
  const household = membersOf([
    ...bundle.gallery.household,
    ...negatives.map(({ name, embedding }) => ({ name, templates: [embedding] })),
    ...people
      .filter(({ role, templates }) => role === "household" && templates.length > 0)
      .map(({ name, templates }) => ({ name, templates: templates.map(({ embedding }) => embedding) })),
  ]);
  const against = { owner: bundle.gallery.owner, household };
  const admitted = people.map(({ id, role, name, templates }) => {
    const embeddings = templates.map(({ embedding }) => embedding);
    if (role === "household") return { id, owner: [], inUse: embeddings.length };
    // Whoever was the owner before is not this bundle's.
    const owner =
      name === bundle.ownerLabel
        ? embeddings.filter((embedding) => admissionRefusal(embedding, against, bars) === null)
        : [];
    return { id, owner, inUse: owner.length };
  });
  return {
    ...{ bundle, negatives, people },
    gallery: { owner: [...bundle.gallery.owner, ...admitted.flatMap(({ owner }) => owner)], household },
    inUse: new Map(admitted.map(({ id, inUse }) => [id, inUse])),
  };
}

/** Those of one name are one member. */
function membersOf(named: readonly HouseholdMember[]): HouseholdMember[] {
  const members = new Map<string, HouseholdMember>();
  for (const { name, templates } of named) {
    members.set(name, { name, templates: [...(members.get(name)?.templates ?? []), ...templates] });
  }
  return [...members.values()];
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
