// The manifest of a bundle: everything that must travel with the models for their answers to mean something.
import Type, { type Static } from "typebox";
import { Errors } from "typebox/value";
import { FacelatchError } from "../errors/errors.ts";
import { calibrationFault, calibrationSchema } from "./calibration.ts";

export const bundleFormatVersion = 4;

/** Limits on what a bundle may hold; beyond them it is refused unread. */
export const bundleLimits = { manifestBytesMax: 256 * 1024, fileBytesMax: 64 * 1024 * 1024, filesMax: 64 } as const;

export const manifestFileName = "manifest.json";
/** Beside the manifest, and not listed in it: who vouches for its bytes. */
export const signatureFileName = "manifest.sig.json";

const fileName = Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,63}$" });
const digest = Type.String({ pattern: "^[0-9a-f]{64}$" });
const score = Type.Number({ minimum: 0, maximum: 1 });
/** Of photos, people or comparisons; more nobody has. */
const count = Type.Integer({ minimum: 0, maximum: 1e9 });

function closed<const T extends Type.TProperties>(properties: T) {
  return Type.Object(properties, { additionalProperties: false });
}

const inputSchema = closed({
  /** [batch, height, width, channels] */
  shape: Type.Tuple([
    Type.Literal(1),
    Type.Integer({ minimum: 16, maximum: 1024 }),
    Type.Integer({ minimum: 16, maximum: 1024 }),
    Type.Literal(3),
  ]),
  layout: Type.Literal("NHWC"),
  dtype: Type.Literal("float32"),
  colour: Type.Literal("RGB"),
  /** Antialiased triangle filter, sample centres at half-integers. */
  resizeKernel: Type.Literal("triangle"),
  /** The tensor holds `(value - mean) / scale` of 8-bit values. */
  mean: Type.Number({ minimum: 0, maximum: 255 }),
  scale: Type.Number({ exclusiveMinimum: 0, maximum: 255 }),
});

const goldenSchema = closed({
  image: fileName,
  /** The detector's answer. */
  faces: Type.Integer({ minimum: 0, maximum: 64 }),
  /** The largest face's box: left, top, width, height in pixels; null without a face. */
  boxPx: Type.Union([Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]), Type.Null()]),
  boxTolerancePx: Type.Number({ minimum: 0, maximum: 16 }),
  /** Every n-th value of the classifier's input tensor, beginning with the first. */
  tensorStride: Type.Integer({ minimum: 1 }),
  tensorSample: Type.Array(Type.Number(), { minItems: 8, maxItems: 512 }),
  tensorTolerance: Type.Number({ minimum: 0, maximum: 0.5 }),
  scores: Type.Array(score, { minItems: 2, maxItems: 16 }),
  /** Of the largest face; null without one. Normalised. */
  embedding: Type.Union([Type.Array(Type.Number({ minimum: -1, maximum: 1 }), { maxItems: 2048 }), Type.Null()]),
  /** The least cosine similarity of the embedding found here. */
  embeddingScoreMin: Type.Number({ minimum: 0.9, maximum: 1 }),
  scoreTolerance: Type.Number({ minimum: 0, maximum: 0.2 }),
});

const release = Type.String({ pattern: "^\\d{1,5}\\.\\d{1,5}\\.\\d{1,5}$" });

const compatibleSchema = closed({
  /** Kinds of board, as the device tree names them, or "any". */
  boards: Type.Array(Type.String({ pattern: "^[a-z0-9][a-z0-9,._-]{0,63}$" }), { minItems: 1, maxItems: 16 }),
  archs: Type.Array(Type.Enum(["arm64", "x64"]), { minItems: 1, maxItems: 2 }),
  /** Versions of Facelatch from `min` on, and before `below`. */
  app: closed({ min: release, below: release }),
  /** The verifier's: what a board remembers of faces in another one does not compare with this bundle's answers. */
  embeddingSpace: digest,
  /** True where everybody whom the board's owner has named since is enrolled anew in the gallery. */
  templatesCarried: Type.Boolean(),
});

/** Null where the photos did not teach it. */
const coveringHeadSchema = Type.Union([closed({ file: fileName, scoreMin: score }), Type.Null()]);

export const manifestSchema = closed({
  formatVersion: Type.Literal(bundleFormatVersion),
  name: Type.String({ pattern: "^[^\\u0000-\\u001f\\u007f]{1,64}$" }),
  /** Rises with every bundle of one owner; a board accepts none below the last one that it confirmed. */
  seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  compatible: compatibleSchema,
  createdAt: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$" }),
  files: Type.Array(
    closed({ name: fileName, bytes: Type.Integer({ minimum: 1, maximum: bundleLimits.fileBytesMax }), sha256: digest }),
    {
      minItems: 2,
      maxItems: bundleLimits.filesMax,
    },
  ),
  labels: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { minItems: 2, maxItems: 16 }),
  ownerLabel: Type.String({ minLength: 1, maxLength: 40 }),
  detector: closed({
    file: fileName,
    input: inputSchema,
    scoreMin: score,
    /** Intersection over union above which two boxes are one face. */
    overlapMax: score,
    /** How far faces are searched for in tiles of the frame. */
    scan: closed({
      /** From this width on. */
      faceWidthMinPx: Type.Integer({ minimum: 16, maximum: 1024 }),
      /** What scores so much in a tile is looked at again, closely; `scoreMin` holds there. */
      candidateScoreMin: score,
    }),
  }),
  classifier: closed({
    file: fileName,
    input: inputSchema,
    /** Side of the framed square, in sides of the face box. */
    faceMarginRatio: Type.Number({ minimum: 1, maximum: 4 }),
  }),
  verifier: closed({
    file: fileName,
    input: inputSchema,
    embeddingWidth: Type.Integer({ minimum: 16, maximum: 2048 }),
    /** The embedding is the mean of the face's and its mirror image's. */
    mirrored: Type.Boolean(),
    /** Names model and alignment: embeddings of different spaces do not compare. */
    embeddingSpace: digest,
  }),
  /** The templates: rows of float32, the owner's first, then each housemate's. */
  gallery: closed({
    file: fileName,
    owner: Type.Integer({ minimum: 1, maximum: 64 }),
    household: Type.Array(
      closed({ name: Type.String({ minLength: 1, maxLength: 40 }), rows: Type.Integer({ minimum: 1, maximum: 64 }) }),
      { maxItems: 64 },
    ),
  }),
  /** Faces beyond these limits cannot be judged. */
  quality: closed({
    widthMinPx: Type.Number({ minimum: 16, maximum: 1024 }),
    brightnessMin: Type.Number({ minimum: 0, maximum: 255 }),
    brightnessMax: Type.Number({ minimum: 0, maximum: 255 }),
    contrastMin: Type.Number({ minimum: 0, maximum: 128 }),
    sharpnessMin: Type.Number({ minimum: 0, maximum: 64 }),
    yawRatioMax: Type.Number({ minimum: 0, maximum: 4 }),
    insideRatioMin: score,
  }),
  /** What tells a covered face; null where it was not trained. */
  coverings: Type.Union([
    closed({
      /** The network whose features both heads weigh. */
      model: fileName,
      input: inputSchema,
      mask: coveringHeadSchema,
      occlusion: coveringHeadSchema,
    }),
    Type.Null(),
  ]),
  /** What tells a picture of a face from a face; null where it was not trained. */
  spoofHead: Type.Union([
    closed({
      file: fileName,
      /** The network whose features the head weighs. */
      model: fileName,
      input: inputSchema,
      /** Side of the framed square, in sides of the face box. */
      faceMarginRatio: Type.Number({ minimum: 1, maximum: 6 }),
    }),
    Type.Null(),
  ]),
  thresholds: closed({
    /** The classifier's least score for the owner, at which it costs him next to nothing on validation photos. */
    ownerScoreMin: score,
    /** The least similarity to the owner's templates. */
    verifiedScoreMin: Type.Number({ minimum: 0.3, maximum: 1 }),
    /** By how much it must exceed the similarity to the nearest housemate. */
    householdMarginMin: Type.Number({ minimum: 0, maximum: 1 }),
    /** From here on a face counts as a picture of one; null without `spoofHead`. */
    spoofScoreMin: Type.Union([score, Type.Null()]),
    /** What the verification threshold cost and prevented, on the photos it was chosen from. */
    far: closed({
      value: score,
      trials: count,
      identities: count,
    }),
    frr: closed({ value: score, trials: count }),
  }),
  /** How the comparisons were distributed that the verification threshold was chosen from. */
  calibration: Type.Optional(calibrationSchema),
  /** How near each enrolled housemate comes to opening the door. */
  family: Type.Array(
    closed({
      name: Type.String({ minLength: 1, maxLength: 40 }),
      photos: count,
      verifiedScoreMax: Type.Union([Type.Number({ minimum: -1, maximum: 1 }), Type.Null()]),
      marginMax: Type.Union([Type.Number({ minimum: -2, maximum: 2 }), Type.Null()]),
      opened: count,
      unsafe: Type.Boolean(),
    }),
    { maxItems: 64 },
  ),
  provenance: closed({
    facelatchVersion: Type.String({ maxLength: 40 }),
    backbone: Type.String({ maxLength: 120 }),
    weights: Type.String({ maxLength: 200 }),
    /** SHA-256 of the weights' file; null where they are none. */
    weightsSha256: Type.Union([digest, Type.Null()]),
    datasetSha256: digest,
    seed: Type.Integer(),
  }),
  metrics: closed({
    images: closed({
      train: count,
      validation: count,
      test: count,
    }),
    validationAccuracy: score,
    testAccuracy: Type.Union([score, Type.Null()]),
    /** The largest difference between this .tflite and the trained network, over the golden images. */
    conversionMaxAbsDiff: Type.Number({ minimum: 0 }),
  }),
  golden: Type.Array(goldenSchema, { minItems: 1, maxItems: 16 }),
});

export type Manifest = Static<typeof manifestSchema>;
export type ModelInput = Static<typeof inputSchema>;
export type Golden = Static<typeof goldenSchema>;

function invalid(found: string): FacelatchError {
  return new FacelatchError("BUNDLE_MANIFEST_INVALID", {
    expected: `a manifest of format version ${bundleFormatVersion}`,
    found,
    next: "Make the bundle again with `facelatch bundle`.",
  });
}

/**
 * Parses and checks a manifest.
 *
 * @throws FacelatchError BUNDLE_FORMAT_UNSUPPORTED or BUNDLE_MANIFEST_INVALID, naming the first field that is wrong
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.byteLength > bundleLimits.manifestBytesMax) throw invalid(`${bytes.byteLength} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(`no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === "number" && version !== bundleFormatVersion) {
    throw new FacelatchError("BUNDLE_FORMAT_UNSUPPORTED", {
      expected: `format version ${bundleFormatVersion}`,
      found: `format version ${version}`,
      next:
        version < bundleFormatVersion
          ? "Bundles of older formats carry no signature: make it again with `facelatch bundle make`."
          : "Update Facelatch on this device, or make the bundle with a matching version.",
    });
  }
  const [first] = Errors(manifestSchema, value);
  if (first !== undefined) throw invalid(`${first.instancePath || "the whole"}: ${first.message}`);
  const manifest = value as Manifest;
  const problem = inconsistency(manifest);
  if (problem !== null) throw invalid(problem);
  return manifest;
}

/**
 * What the schema cannot say: names that must refer to one another. What must not be named twice is looked for here too:
 * the schema would take seconds for that where a list is as long as a manifest may be.
 */
function inconsistency(manifest: Manifest): string | null {
  const names = manifest.files.map((file) => file.name);
  if (hasTwice(names)) return "a file that is named twice";
  if (hasTwice(manifest.labels)) return "a label that is named twice";
  if (hasTwice(manifest.compatible.boards)) return "a kind of board that is named twice";
  if (hasTwice(manifest.compatible.archs)) return "an architecture that is named twice";
  if (Number.isNaN(Date.parse(manifest.createdAt))) return "a createdAt that is a time that there is not";
  if (names.includes(manifestFileName)) return "a manifest that names itself";
  if (names.includes(signatureFileName)) return "a manifest that names its own signature";
  if (manifest.compatible.embeddingSpace !== manifest.verifier.embeddingSpace)
    return "another embedding space than the verifier's";
  for (const name of [
    manifest.detector.file,
    manifest.classifier.file,
    manifest.verifier.file,
    manifest.gallery.file,
    ...(manifest.coverings === null
      ? []
      : [
          manifest.coverings.model,
          ...[manifest.coverings.mask, manifest.coverings.occlusion].flatMap((head) => head?.file ?? []),
        ]),
    ...(manifest.spoofHead === null ? [] : [manifest.spoofHead.file, manifest.spoofHead.model]),
    ...manifest.golden.map((golden) => golden.image),
  ]) {
    if (!names.includes(name)) return `"${name}" used but not listed in files`;
  }
  if (!manifest.labels.includes(manifest.ownerLabel))
    return `the owner's label "${manifest.ownerLabel}" not among the labels`;
  if (manifest.golden.some((golden) => golden.scores.length !== manifest.labels.length))
    return "a golden image whose scores do not match the labels";
  if (
    manifest.golden.some(({ embedding }) => embedding !== null && embedding.length !== manifest.verifier.embeddingWidth)
  )
    return "a golden image whose embedding has another width than the verifier's";
  if (hasTwice(manifest.gallery.household.map(({ name }) => name))) return "a housemate who is named twice";
  if ((manifest.spoofHead === null) !== (manifest.thresholds.spoofScoreMin === null))
    return "a spoof threshold without a spoof head, or the reverse";
  if (manifest.coverings !== null && manifest.coverings.mask === null && manifest.coverings.occlusion === null)
    return "a network for coverings without a head";
  return manifest.calibration === undefined
    ? null
    : calibrationFault(manifest.calibration, {
        ...manifest.thresholds,
        householdPhotos: manifest.family.reduce((sum, { photos }) => sum + photos, 0),
      });
}

function hasTwice(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}
