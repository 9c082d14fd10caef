// The gallery: templates of the owner and of enrolled household members, the match against them, and their file.
import assert from "node:assert/strict";
import { FacelatchError } from "../errors/errors.ts";
import { cosine, embeddingFault } from "./embedding.ts";

export interface HouseholdMember {
  readonly name: string;
  readonly templates: readonly Float32Array[];
}

/**
 * All templates are unit vectors of one width, of one embedding space. A person's first is the mean of all his photos,
 * the others stand for single looks of his.
 */
export interface Gallery {
  readonly owner: readonly Float32Array[];
  /** Relatives and housemates, whom the owner must be told from. */
  readonly household: readonly HouseholdMember[];
}

export const galleryLimits = { templatesPerPersonMax: 64, householdMax: 64 } as const;

export interface OwnerMatch {
  /** How alike the face and the owner are, -1 to 1. */
  readonly ownerScore: number;
  /** The same for the nearest household member; null where none is enrolled. */
  readonly householdScore: number | null;
  readonly nearestHousehold: string | null;
  /**
   * How much more the face is like the owner's mean than like that household member. By the mean, because a single look
   * can be a mask or a pair of glasses, and then a relative who wears one is more like that look than like himself.
   */
  readonly margin: number | null;
}

/** No score of a person without templates is lower. */
const scoreLowest = -1;

/** How alike a face and a person are: the cosine with the nearest template. */
export function personScore(embedding: Float32Array, templates: readonly Float32Array[]): number {
  let score = scoreLowest;
  for (const template of templates) {
    const found = cosine(embedding, template);
    // Also taken when it is no number: it then stays none, and passes no threshold.
    if (!(found <= score)) score = found;
  }
  return score;
}

/** Matches a unit vector against everybody; compare its scores by `>=`, which no NaN passes. */
export function matchOwner(embedding: Float32Array, gallery: Gallery): OwnerMatch {
  const ownerScore = personScore(embedding, gallery.owner);
  let nearest: { readonly name: string; readonly score: number } | null = null;
  for (const { name, templates } of gallery.household) {
    if (templates.length === 0) continue;
    const score = personScore(embedding, templates);
    if (nearest === null || !(score <= nearest.score)) nearest = { name, score };
  }
  return {
    ownerScore,
    householdScore: nearest?.score ?? null,
    nearestHousehold: nearest?.name ?? null,
    margin: nearest === null ? null : personScore(embedding, gallery.owner.slice(0, 1)) - nearest.score,
  };
}

/** What the manifest says of the gallery's file: whose rows follow one another, the owner's first. */
export interface GalleryLayout {
  readonly owner: number;
  readonly household: readonly { readonly name: string; readonly rows: number }[];
}

export interface PackedGallery extends GalleryLayout {
  /** Rows of float32, little endian. */
  readonly bytes: Uint8Array;
}

/** Packs a gallery; one that no device would accept is a bug and fails an assertion. */
export function packGallery(gallery: Gallery): PackedGallery {
  const rows = [...gallery.owner, ...gallery.household.flatMap(({ templates }) => templates)];
  const width = rows[0]?.length ?? 0;
  const layout = {
    owner: gallery.owner.length,
    household: gallery.household.map(({ name, templates }) => ({ name, rows: templates.length })),
  };
  assert.equal(layoutFault(layout), null);
  const bytes = new Uint8Array(rows.length * width * 4);
  const view = new DataView(bytes.buffer);
  for (const [row, template] of rows.entries()) {
    assert.equal(template.length, width, "templates of one space have one width");
    assert.equal(embeddingFault(template), null);
    for (const [i, value] of template.entries()) view.setFloat32((row * width + i) * 4, value, true);
  }
  return { bytes, ...layout };
}

function layoutFault({ owner, household }: GalleryLayout): string | null {
  const { templatesPerPersonMax, householdMax } = galleryLimits;
  const inRange = (rows: number) => Number.isInteger(rows) && rows >= 1 && rows <= templatesPerPersonMax;
  if (!inRange(owner)) return `${owner} templates of the owner, not 1 to ${templatesPerPersonMax}`;
  if (household.length > householdMax) return `${household.length} household members, more than ${householdMax}`;
  for (const { name, rows } of household) {
    if (!inRange(rows)) return `${rows} templates of ${name}, not 1 to ${templatesPerPersonMax}`;
  }
  const names = household.map(({ name }) => name);
  return new Set(names).size === names.length ? null : "a household member who is named twice";
}

function invalidGallery(code: "BUNDLE_MANIFEST_INVALID" | "MODEL_INVALID", found: string): FacelatchError {
  return new FacelatchError(code, {
    expected: "a gallery of templates of length 1, as many as its manifest says",
    found,
    next: "Make the bundle again with `facelatch bundle`.",
  });
}

/**
 * Reads a gallery back; its templates are copies.
 *
 * @param width values of one embedding
 * @throws FacelatchError BUNDLE_MANIFEST_INVALID where the layout does not fit the file, MODEL_INVALID where a row is
 * no unit vector
 */
export function unpackGallery(bytes: Uint8Array, layout: GalleryLayout, width: number): Gallery {
  const fault = layoutFault(layout);
  if (fault !== null) throw invalidGallery("BUNDLE_MANIFEST_INVALID", fault);
  const rows = layout.owner + layout.household.reduce((sum, member) => sum + member.rows, 0);
  if (bytes.byteLength !== rows * width * 4) {
    throw invalidGallery("BUNDLE_MANIFEST_INVALID", `${bytes.byteLength} bytes for ${rows} rows of ${width} values`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let row = 0;
  const take = (count: number, person: string) =>
    Array.from({ length: count }, () => {
      const at = row++ * width;
      const template = Float32Array.from({ length: width }, (_, i) => view.getFloat32((at + i) * 4, true));
      const rowFault = embeddingFault(template);
      if (rowFault !== null) throw invalidGallery("MODEL_INVALID", `a template of ${person} with ${rowFault}`);
      return template;
    });
  return {
    owner: take(layout.owner, "the owner"),
    household: layout.household.map((member) => ({ name: member.name, templates: take(member.rows, member.name) })),
  };
}
