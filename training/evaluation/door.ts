// The door that an evaluation stands before: a bundle's thresholds, the templates in use, and the default policy.
import { type Gallery, matchOwner, type OwnerMatch } from "../../device/bundle/gallery.ts";
import type { Manifest } from "../../device/bundle/manifest.ts";
import { defaultConfig } from "../../device/config/config.ts";
import type { Policy } from "../../device/decision/decision.ts";
import { observationOf } from "../../device/observe.ts";
import { policyOf } from "../../device/policy-of.ts";
import type { OpenedBundle } from "../../device/slots/open-bundle.ts";
import type { AnalysedPhoto } from "./analyse-photos.ts";
import type { Sight } from "./door-trials.ts";

export class Door {
  readonly policy: Policy;
  readonly manifest: Manifest;
  readonly gallery: Gallery;
  readonly #bundle: Parameters<typeof observationOf>[2];

  /** @param gallery the bundle's own, or another that is tried */
  constructor({ manifest, sha256 }: OpenedBundle, gallery: Gallery) {
    const { name, createdAt, labels, ownerLabel, thresholds, verifier } = manifest;
    this.manifest = manifest;
    this.gallery = gallery;
    this.policy = policyOf(defaultConfig())(thresholds);
    const { embeddingSpace } = verifier;
    this.#bundle = { name, sha256, createdAt, labels, ownerLabel, thresholds, embeddingSpace, gallery };
  }

  /** The photo as a frame; one that cannot be read is a fault, as a broken frame is. */
  sightOf({ analysis }: AnalysedPhoto): Sight {
    return (stamp) =>
      analysis === null
        ? { kind: "fault", reason: "frame_invalid" }
        : observationOf(stamp, analysis, this.#bundle, this.gallery);
  }

  /** The subject's likeness to the owner and the household; null without a face. */
  match({ analysis }: AnalysedPhoto): OwnerMatch | null {
    return analysis?.subject ? matchOwner(analysis.subject.embedding, this.gallery) : null;
  }
}

/** Shows somebody who stands still: separate photos have their faces in separate places, a presence has one. */
export function standingStill(sight: Sight): Sight {
  return (stamp) => {
    const observation = sight(stamp);
    if (observation.kind === "fault" || observation.face === null) return observation;
    return { ...observation, face: { ...observation.face, box: standingBox } };
  };
}

const standingBox = { leftPx: 0, topPx: 0, widthPx: 100, heightPx: 100 };
