// What a bundle promises, in figures: enough to compare two bundles, and nothing of any face.
import Type, { type Static } from "typebox";
import type { Manifest } from "./manifest.ts";

const share = Type.Number({ minimum: 0, maximum: 1 });
const count = Type.Integer({ minimum: 0 });

function closed<const T extends Type.TProperties>(properties: T, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

export const bundleFiguresSchema = closed(
  {
    name: Type.String(),
    seq: count,
    createdAt: Type.String(),
    ownerLabel: Type.String(),
    bytes: count,
    embeddingSpace: Type.String({ description: "Embeddings of different spaces do not compare." }),
    verifiedScoreMin: share,
    ownerScoreMin: share,
    householdMarginMin: share,
    spoofScoreMin: Type.Union([share, Type.Null()]),
    far: closed({ value: share, trials: count, identities: count }, "Others above the threshold."),
    frr: closed({ value: share, trials: count }, "The owner below it."),
    housemates: count,
    housematesUnsafe: count,
    images: closed({ train: count, validation: count, test: count }, "Photos of the training."),
    validationAccuracy: share,
    testAccuracy: Type.Union([share, Type.Null()]),
    backbone: Type.String(),
    weights: Type.String(),
    datasetSha256: Type.String(),
    facelatchVersion: Type.String(),
  },
  "What a bundle promises.",
);

export type BundleFigures = Static<typeof bundleFiguresSchema>;

export function figuresOf(manifest: Manifest): BundleFigures {
  const { thresholds, metrics, provenance } = manifest;
  return {
    name: manifest.name,
    seq: manifest.seq,
    createdAt: manifest.createdAt,
    ownerLabel: manifest.ownerLabel,
    bytes: manifest.files.reduce((total, file) => total + file.bytes, 0),
    embeddingSpace: manifest.verifier.embeddingSpace,
    verifiedScoreMin: thresholds.verifiedScoreMin,
    ownerScoreMin: thresholds.ownerScoreMin,
    householdMarginMin: thresholds.householdMarginMin,
    spoofScoreMin: thresholds.spoofScoreMin,
    far: thresholds.far,
    frr: thresholds.frr,
    housemates: manifest.gallery.household.length,
    housematesUnsafe: manifest.family.filter(({ unsafe }) => unsafe).length,
    images: metrics.images,
    validationAccuracy: metrics.validationAccuracy,
    testAccuracy: metrics.testAccuracy,
    backbone: provenance.backbone,
    weights: provenance.weights,
    datasetSha256: provenance.datasetSha256,
    facelatchVersion: provenance.facelatchVersion,
  };
}
