// The report card of a bundle: what was measured when it was made, with how sure that is.
import Type, { type Static } from "typebox";
import { type Calibration, calibrationSchema } from "./calibration.ts";
import type { Manifest } from "./manifest.ts";
import { rateOf } from "./rate.ts";

const share = Type.Number({ minimum: 0, maximum: 1 });
const count = Type.Integer({ minimum: 0 });

function closed<const T extends Type.TProperties>(properties: T, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

const orNull = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const rate = { value: share, low: share, high: share, trials: count };
const interval = "`low` to `high` is its 95 % interval.";
const likeness = Type.Number({ minimum: -2, maximum: 2 });

const housemateSchema = closed(
  {
    name: orNull(Type.String(), "Null for whoever may not see people."),
    photos: count,
    verifiedScoreMax: orNull(likeness, "The most that a photo was like the owner."),
    marginMax: orNull(likeness, "The most by which one was more like the owner than like any housemate."),
    opened: Type.Integer({ minimum: 0, description: "Photos that would have opened the door." }),
    unsafe: Type.Boolean({ description: "Whether it would have been opened, or nearly." }),
  },
  "An enrolled housemate before this door.",
);

export const reportCardSchema = closed(
  {
    sha256: Type.String({ description: "Of the manifest." }),
    name: Type.String(),
    seq: count,
    createdAt: Type.String(),
    ownerLabel: Type.String(),
    backbone: Type.String(),
    weights: Type.String(),
    images: closed({ train: count, validation: count, test: count }, "Photos of the training."),
    validationAccuracy: closed(rate, `Of the classifier; ${interval}`),
    testAccuracy: orNull(closed(rate, interval), "The same on photos that nothing was chosen by; null without any."),
    conversionMaxAbsDiff: Type.Number({ minimum: 0, description: "What the conversion changed in any score." }),
    verifiedScoreMin: share,
    ownerScoreMin: share,
    householdMarginMin: share,
    spoofScoreMin: orNull(share, "Null where pictures of faces are not told."),
    far: closed({ ...rate, identities: count }, `Others above the verification threshold; ${interval}`),
    frr: closed(rate, `The owner below it, or too like a housemate; ${interval}`),
    defences: closed(
      { spoof: Type.Boolean(), mask: Type.Boolean(), occlusion: Type.Boolean() },
      "What the bundle can tell: a picture of a face, a mask, dark glasses or another covering.",
    ),
    household: Type.Array(housemateSchema),
    goldenImages: Type.Integer({ minimum: 0, description: "Pictures with known answers, asked at each start." }),
    calibration: orNull(calibrationSchema, "Null in a bundle that keeps none."),
    provenance: closed(
      {
        facelatchVersion: Type.String(),
        weightsSha256: orNull(Type.String(), "Null where the weights are no file."),
        datasetSha256: Type.String(),
        seed: Type.Integer(),
      },
      "What it was made from.",
    ),
  },
  "What was measured of a bundle when it was made; nothing of any face.",
);

export type ReportCard = Static<typeof reportCardSchema>;
export type { Calibration };

type CardRate = ReportCard["frr"];

/** @param sha256 of the manifest's bytes */
export function reportCardOf(manifest: Manifest, sha256: string): ReportCard {
  const { thresholds, metrics, provenance, coverings } = manifest;
  const { backbone, weights, ...origin } = provenance;
  const { verifiedScoreMin, ownerScoreMin, householdMarginMin, spoofScoreMin } = thresholds;
  const { images, testAccuracy } = metrics;
  return {
    ...{ sha256, name: manifest.name, seq: manifest.seq, createdAt: manifest.createdAt },
    ...{ ownerLabel: manifest.ownerLabel, backbone, weights, images },
    validationAccuracy: cardRate(metrics.validationAccuracy, images.validation),
    testAccuracy: testAccuracy === null || images.test === 0 ? null : cardRate(testAccuracy, images.test),
    conversionMaxAbsDiff: metrics.conversionMaxAbsDiff,
    ...{ verifiedScoreMin, ownerScoreMin, householdMarginMin, spoofScoreMin },
    far: { ...farOf(thresholds.far), identities: thresholds.far.identities },
    frr: cardRate(thresholds.frr.value, thresholds.frr.trials),
    defences: {
      spoof: manifest.spoofHead !== null,
      mask: coverings !== null && coverings.mask !== null,
      occlusion: coverings !== null && coverings.occlusion !== null,
    },
    household: manifest.family.map((member) => ({ ...member })),
    goldenImages: manifest.golden.length,
    calibration: manifest.calibration ?? null,
    provenance: origin,
  };
}

/** The same card for whoever may not see people. */
export function withoutNames(card: ReportCard): ReportCard {
  return { ...card, household: card.household.map((member) => ({ ...member, name: null })) };
}

function cardRate(value: number, trials: number): CardRate {
  const { low, high } = rateOf(value * trials, trials);
  return { value, low: Math.min(value, low), high: Math.max(value, high), trials };
}

/** Photos of one person say less than as many persons do: the interval is no narrower than that of so many identities. */
function farOf({ value, trials, identities }: Manifest["thresholds"]["far"]): CardRate {
  const ofPhotos = cardRate(value, trials);
  if (identities === 0) return ofPhotos;
  const ofPersons = cardRate(value, identities);
  return { ...ofPhotos, low: Math.min(ofPhotos.low, ofPersons.low), high: Math.max(ofPhotos.high, ofPersons.high) };
}
