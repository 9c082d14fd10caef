// From a run to a bundle: models, manifest and golden images with the answers recorded on this machine.
import type { KeyObject } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { recordGolden } from "../../device/bundle/golden.ts";
import {
  bundleFormatVersion,
  type Manifest,
  manifestFileName,
  parseManifest,
  signatureFileName,
} from "../../device/bundle/manifest.ts";
import { qualityLimits } from "../../device/bundle/quality.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { version } from "../../device/installation/installation.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { digestOf } from "../../device/slots/open-bundle.ts";
import { signManifest } from "../../device/slots/signature.ts";
import { FrameAnalyser } from "../../device/vision/frame-analyser.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { detectorSettings, readDetectorModel } from "../detector.ts";
import { type DefenceRecord, type RunRecord, readRunRecord, runFolder } from "../run/run-folder.ts";
import { readVerifierModel, type VerifierSettings } from "../verifier/verifier-model.ts";

const classifierFile = "classifier.tflite";
const detectorFile = "face-detector.tflite";
const verifierFile = "face-verifier.tflite";
const galleryFile = "gallery.f32";
const coveringModelFile = "covering-features.tflite";
const maskHeadFile = "mask-head.flh";
const occlusionHeadFile = "occlusion-head.flh";
const spoofHeadFile = "spoof-head.flh";
const spoofModelFile = "spoof-features.tflite";

export interface MadeBundle {
  readonly archive: Uint8Array;
  readonly manifest: Manifest;
}

export interface BundleOptions {
  /** Asked for the private keys when a run may be packed; each signs. */
  readonly keys: () => Promise<readonly KeyObject[]>;
  /** Undefined takes the second in which the training ended: every later one has a higher number. */
  readonly seq?: number;
  /** Kinds of board, as their device trees name them; any by default. */
  readonly boards?: readonly string[];
  /** Undefined: arm64 and x64. */
  readonly archs?: readonly ("arm64" | "x64")[];
  /** Everybody who was named at the door is enrolled in this run. */
  readonly templatesCarried?: boolean;
  /** Packs also what lets a household member in, or nearly. */
  readonly acceptRisk?: boolean;
  /** Packs also a retrained run that got worse. */
  readonly force?: boolean;
}

/**
 * Packs the run in `runDir`; the same run gives the same bytes.
 *
 * @throws FacelatchError INPUT_MISSING without a finished run, RUN_WORSE, HOUSEHOLD_UNSAFE, what `keys` throws
 */
export async function makeBundle(runDir: string, options: BundleOptions): Promise<MadeBundle> {
  const { acceptRisk = false, force = false, keys } = options;
  const record = await readRunRecord(runDir);
  if (!force) refuseWorse(runDir, record);
  const unsafe = record.enrolment.family.filter((member) => member.unsafe).map(({ name }) => name);
  if (!acceptRisk) refuseUnsafe(unsafe);
  const privateKeys = await keys();
  const verifier = await readVerifierModel();
  requireSpace(record, verifier.settings);
  const files = new Map<string, Uint8Array>([
    [classifierFile, await readFile(join(runDir, runFolder.classifier))],
    [detectorFile, await readDetectorModel()],
    [verifierFile, verifier.bytes],
    [galleryFile, await readFile(join(runDir, runFolder.gallery))],
  ]);
  const { coverings, spoof } = record.defences;
  if (coverings !== null) files.set(coveringModelFile, await readFile(join(runDir, runFolder.coveringModel)));
  if (coverings?.mask) files.set(maskHeadFile, await readFile(join(runDir, runFolder.maskHead)));
  if (coverings?.occlusion) files.set(occlusionHeadFile, await readFile(join(runDir, runFolder.occlusionHead)));
  if (spoof !== null) {
    files.set(spoofHeadFile, await readFile(join(runDir, runFolder.spoofHead)));
    files.set(spoofModelFile, await readFile(join(runDir, runFolder.spoofModel)));
  }
  const goldenImages = (await readdir(join(runDir, runFolder.golden))).sort();
  for (const name of goldenImages) files.set(name, await readFile(join(runDir, runFolder.golden, name)));
  const draft = draftManifest(record, files, verifier.settings, options);
  const analyser = new FrameAnalyser(openTfliteEngine({ threads: 1, delegate: "auto" }), draft, files);
  const golden = [];
  for (const name of goldenImages) golden.push(recordGolden(name, await analyser.answer(files.get(name)!)));
  const manifestBytes = new TextEncoder().encode(`${JSON.stringify({ ...draft, golden }, null, 2)}\n`);
  // Read back what was written, so that no bundle leaves here that a device would refuse.
  const manifest = parseManifest(manifestBytes);
  files.set(manifestFileName, manifestBytes);
  files.set(signatureFileName, signManifest(manifestBytes, privateKeys));
  return { archive: await packArchive(files), manifest };
}

function refuseWorse(runDir: string, { retraining }: RunRecord): void {
  if (retraining === null || retraining.worse.length === 0) return;
  throw new FacelatchError("RUN_WORSE", {
    expected: `a run in ${runDir} that is at least as good as ${retraining.from}, on the same test pictures`,
    found: `one that is worse in: ${retraining.worse.join("; ")}`,
    next: "Look at the photos that were added, or keep the run before; --force packs this one all the same.",
  });
}

/** Throws HOUSEHOLD_UNSAFE where somebody is named. */
export function refuseUnsafe(members: readonly string[]): void {
  if (members.length === 0) return;
  throw new FacelatchError("HOUSEHOLD_UNSAFE", {
    expected: "every household member clear of the door's thresholds",
    found: `${members.join(", ")} opening it, or coming near`,
    next: "Add photos of them to household/NAME/ and train again; --accept-risk packs the bundle all the same.",
  });
}

/** Templates of another verifier, of an older version of this program, would match nobody. */
function requireSpace({ enrolment }: RunRecord, { embeddingSpace }: VerifierSettings): void {
  if (enrolment.embeddingSpace === embeddingSpace) return;
  throw new FacelatchError("INPUT_INVALID", {
    expected: `templates of the embedding space ${embeddingSpace.slice(0, 12)}`,
    found: enrolment.embeddingSpace.slice(0, 12),
    next: "Train again: `facelatch train` enrols with this version's verifier.",
  });
}

function draftManifest(
  record: RunRecord,
  files: ReadonlyMap<string, Uint8Array>,
  verifier: VerifierSettings,
  options: BundleOptions,
): Manifest {
  const { layout, verifiedScoreMin, householdMarginMin, far, frr, identities, calibration, family } = record.enrolment;
  const total = (split: "train" | "validation" | "test") =>
    Object.values(record.counts[split]).reduce((sum, count) => sum + count, 0);
  return {
    formatVersion: bundleFormatVersion,
    name: `${record.ownerLabel} ${record.createdAt.slice(0, 10)}`,
    seq: options.seq ?? Math.floor(Date.parse(record.createdAt) / 1000),
    compatible: compatibleOf(options, verifier),
    createdAt: record.createdAt,
    files: [...files].map(([name, bytes]) => ({ name, bytes: bytes.byteLength, sha256: digestOf(bytes) })),
    labels: [...record.labels],
    ownerLabel: record.ownerLabel,
    detector: {
      ...detectorSettings,
      file: detectorFile,
      input: { ...detectorSettings.input, shape: [...detectorSettings.input.shape] },
    },
    classifier: { file: classifierFile, input: record.input, faceMarginRatio: record.faceMarginRatio },
    verifier: { ...verifier, file: verifierFile },
    gallery: { file: galleryFile, owner: layout.owner, household: layout.household.map((member) => ({ ...member })) },
    quality: qualityLimits,
    ...headsOf(record),
    thresholds: {
      ownerScoreMin: record.threshold.scoreMin,
      verifiedScoreMin,
      householdMarginMin,
      spoofScoreMin: record.defences.spoof?.scoreMin ?? null,
      far: { value: far.value, trials: far.n, identities },
      frr: { value: frr.value, trials: frr.n },
    },
    ...(calibration === undefined ? {} : { calibration }),
    family,
    provenance: {
      facelatchVersion: version,
      backbone: record.backbone,
      weights: record.weights,
      weightsSha256: /SHA-256 ([0-9a-f]{64})$/.exec(record.weights)?.[1] ?? null,
      datasetSha256: record.datasetSha256,
      seed: record.seed,
    },
    metrics: {
      images: { train: total("train"), validation: total("validation"), test: total("test") },
      validationAccuracy: record.validationAccuracy.value,
      testAccuracy: record.testAccuracy.value,
      conversionMaxAbsDiff: record.conversionMaxAbsDiff,
    },
    golden: [],
  };
}

/** Any bundle of this format, by this version or a later one that still reads it. */
function compatibleOf(
  { boards = ["any"], archs = ["arm64", "x64"], templatesCarried = false }: BundleOptions,
  { embeddingSpace }: VerifierSettings,
): Manifest["compatible"] {
  const app = { min: version, below: "1.0.0" };
  return { boards: [...boards], archs: [...archs], app, embeddingSpace, templatesCarried };
}

function headsOf({ defences: { coverings, spoof }, input }: RunRecord): Pick<Manifest, "coverings" | "spoofHead"> {
  const head = (file: string, learnt: DefenceRecord | null) =>
    learnt === null ? null : { file, scoreMin: learnt.scoreMin };
  return {
    coverings:
      coverings === null
        ? null
        : {
            model: coveringModelFile,
            input: coverings.input,
            mask: head(maskHeadFile, coverings.mask),
            occlusion: head(occlusionHeadFile, coverings.occlusion),
          },
    spoofHead:
      spoof === null
        ? null
        : { file: spoofHeadFile, model: spoofModelFile, input, faceMarginRatio: spoof.faceMarginRatio },
  };
}
