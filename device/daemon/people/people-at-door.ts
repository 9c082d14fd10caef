// People at the door, put together: who is known, the enrolment under way, and the frames and bars by which it is judged.
import { openEnrolment, openPeople } from "../../adapters/kept.ts";
import { admissionRefusal } from "../../bundle/admission.ts";
import type { Config } from "../../config/config.ts";
import type { Enrolment } from "../../enrolment/enrolment.ts";
import type { NewEvent } from "../../events/events.ts";
import type { Feedback } from "../../feedback/feedback.ts";
import type { People } from "../../people/people.ts";
import type { Look } from "../../pipeline.ts";
import { policyOf } from "../../policy-of.ts";
import type { LoadedBundle, Vision } from "../../vision/vision.ts";
import { enrolmentLookOf } from "./enrolment-look.ts";
import { KnownFaces } from "./known-faces.ts";

export interface PeopleAtDoorParts {
  readonly vision: Pick<Vision, "status" | "knowOwner">;
  readonly feedback: Pick<Feedback, "negatives">;
  /** Stores an event, or throws. */
  readonly record: (event: NewEvent) => void;
  /** Stores an event; must not throw. */
  readonly note: (event: NewEvent) => void;
  readonly setEnrolling: (on: boolean) => void;
}

export class PeopleAtDoor {
  readonly people: People;
  readonly known: KnownFaces;
  readonly enrolment: Enrolment;
  readonly #config: Config;
  readonly #parts: PeopleAtDoorParts;

  constructor(config: Config, parts: PeopleAtDoorParts) {
    const { vision, feedback, record, note, setEnrolling } = parts;
    this.#config = config;
    this.#parts = parts;
    this.people = openPeople(config, record, note);
    this.known = new KnownFaces({
      feedback,
      people: this.people,
      bars: policyOf(config),
      onOwnerTemplates: (owner) => vision.knowOwner(owner),
    });
    this.enrolment = openEnrolment(config, {
      people: this.people,
      ...{ setEnrolling, note },
      bundle: () => {
        const bundle = this.#bundle();
        if (bundle === null) return null;
        const { sha256, embeddingSpace, thresholds } = bundle;
        return { sha256, embeddingSpace, verifiedScoreMin: thresholds.verifiedScoreMin };
      },
      admissionRefusal: (embedding) => {
        const judged = this.#judgedBy();
        return judged === null ? "not_owner" : admissionRefusal(embedding, judged.gallery, judged.policy);
      },
    });
  }

  /** What the owner is called: the bundle's label. */
  get ownerName(): string {
    return this.#config.owner.label;
  }

  /** Takes a look into account where somebody is being enrolled. */
  noteLook(look: Look): void {
    const { role } = this.enrolment;
    const judged = role === null ? null : this.#judgedBy();
    if (role !== null && judged !== null) this.enrolment.note(enrolmentLookOf(look, role, judged));
  }

  /** How many of a person's templates the door judges by. */
  inUse(personId: string): number {
    const bundle = this.#bundle();
    return bundle === null ? 0 : this.known.inUse(bundle, personId);
  }

  #judgedBy() {
    const bundle = this.#bundle();
    const gallery = bundle === null ? null : this.known.bundleOwnerIn(bundle);
    return bundle === null || gallery === null ? null : { gallery, policy: policyOf(this.#config)(bundle.thresholds) };
  }

  /** One that was made for this door's owner. */
  #bundle(): LoadedBundle | null {
    const { bundle } = this.#parts.vision.status();
    return bundle?.ownerLabel === this.ownerName ? bundle : null;
  }
}
