// All that the models do with one frame, in order: decode, detect, frame the subject, classify, refine, align, embed, suspect.
import { decodeCoveringHead, type Suspicion } from "../bundle/coverings.ts";
import { type Face, frameFace } from "../bundle/faces.ts";
import { type Gallery, personScore, unpackGallery } from "../bundle/gallery.ts";
import { type GoldenAnswer, goldenMismatch } from "../bundle/golden.ts";
import type { RgbImage } from "../bundle/image.ts";
import { fillClassifierInput, meanLuma } from "../bundle/input-tensor.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { decodePresentationHead } from "../bundle/presentation.ts";
import { measureQuality, qualityFaultOf } from "../bundle/quality.ts";
import { centreSquare } from "../bundle/resample.ts";
import { lookAround } from "../bundle/surround.ts";
import { FacelatchError } from "../errors/errors.ts";
import { type CoveringDetector, openCoveringDetector } from "./covering-detector.ts";
import { decodeJpeg } from "./decode-jpeg.ts";
import type { Engine } from "./engine.ts";
import { type FaceDetector, openFaceDetector } from "./face-detector.ts";
import { type FaceEmbedder, openFaceEmbedder } from "./face-embedder.ts";
import { floatTensor } from "./float-tensor.ts";
import { openPresentationDetector, type PresentationDetector } from "./presentation-detector.ts";
import { type FaceRefiner, openFaceRefiner } from "./refine-face.ts";
import type { FrameAnalysis, OwnerTemplates, SubjectAnalysis } from "./vision.ts";

/** A bundle's files by name, their checksums verified. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

export class FrameAnalyser {
  /** The templates that the bundle carries. */
  readonly gallery: Gallery;
  /** The owner's that were enrolled at the door. */
  #doorTemplates: readonly Float32Array[] = [];
  readonly #manifest: Manifest;
  readonly #detect: FaceDetector;
  readonly #refine: FaceRefiner;
  readonly #embed: FaceEmbedder;
  readonly #coveringOf: CoveringDetector;
  /** Null where the bundle cannot tell. */
  readonly #spoofScoreOf: PresentationDetector | null;
  readonly #classify: () => void;
  /** [1, height, width, 3] */
  readonly #tensor: Float32Array;
  /** [1, labels] */
  readonly #scores: Float32Array;

  /** Throws MODEL_INVALID when a model does not load or has other tensors than the manifest says. */
  constructor(engine: Engine, manifest: Manifest, files: BundleFiles) {
    const { detector, classifier, verifier, gallery } = manifest;
    this.#manifest = manifest;
    this.gallery = unpackGallery(fileOf(files, gallery.file), gallery, verifier.embeddingWidth);
    this.#detect = openFaceDetector(engine, fileOf(files, detector.file), detector);
    this.#refine = openFaceRefiner(engine, fileOf(files, detector.file), detector);
    this.#embed = openFaceEmbedder(engine, fileOf(files, verifier.file), verifier);
    this.#coveringOf = openCoverings(engine, manifest, files);
    this.#spoofScoreOf = openSpoofDetector(engine, manifest, files);
    const model = engine.load(fileOf(files, classifier.file));
    this.#tensor = floatTensor(model.inputs, classifier.input.shape);
    this.#scores = floatTensor(model.outputs, [1, manifest.labels.length]);
    this.#classify = () => model.infer();
  }

  /** Throws FRAME_INVALID for a broken JPEG, MODEL_INVALID when inference fails or answers no numbers. */
  async analyse(jpeg: Uint8Array): Promise<FrameAnalysis> {
    const startMs = performance.now();
    const image = await decodeJpeg(jpeg);
    const decodeMs = performance.now() - startMs;
    const inferenceStartMs = performance.now();
    const faces = this.#detect(image);
    const largest = faces[0];
    const scores = this.#scoresOf(image, largest);
    const subject = largest === undefined ? null : this.#analyseSubject(image, largest);
    const inferenceMs = performance.now() - inferenceStartMs;
    const { widthPx, heightPx } = image;
    const totalMs = performance.now() - startMs;
    const brightness = meanLuma(image);
    const spared = { still: false, obstruction: null };
    return { widthPx, heightPx, brightness, faces, scores, subject, ...spared, decodeMs, inferenceMs, totalMs };
  }

  /** Class scores of a face, or of the middle of a picture without one. */
  #scoresOf(image: RgbImage, face: Face | undefined): number[] {
    const { classifier } = this.#manifest;
    const region = face === undefined ? centreSquare(image) : frameFace(face, classifier.faceMarginRatio);
    fillClassifierInput(image, region, classifier.input, this.#tensor);
    this.#classify();
    const scores = Array.from(this.#scores);
    if (scores.every((score) => score >= 0 && score <= 1)) return scores;
    throw new FacelatchError("MODEL_INVALID", {
      expected: "class scores from 0 to 1",
      found: scores.join(", "),
      next: "Install another bundle.",
    });
  }

  #analyseSubject(image: RgbImage, found: Face): SubjectAnalysis {
    const face = this.#refine(image, found);
    const { embedding, aligned } = this.#embed(image, face);
    const quality = measureQuality(image, face, aligned);
    const seen = { quality, embedding, surround: lookAround(image, face) };
    const fault = qualityFaultOf(quality, this.#manifest.quality);
    if (fault !== null) return { ...seen, unfit: fault, spoofScore: null };
    const ownerScore = personScore(embedding, [...this.gallery.owner, ...this.#doorTemplates]);
    // What covers a face explains why it is not verified; one that is verified all the same met the same bar.
    if (!(ownerScore >= this.#manifest.thresholds.verifiedScoreMin)) {
      return { ...seen, unfit: this.#coveringOf(image, face), spoofScore: null };
    }
    // Only here: a face that is refused whatever it is shown on is not worth a third of the frame's time.
    return { ...seen, unfit: null, spoofScore: this.#spoofScoreOf?.(image, found) ?? null };
  }

  /** Takes templates of another embedding space for none. */
  knowOwner({ embeddingSpace, templates }: OwnerTemplates): void {
    this.#doorTemplates = embeddingSpace === this.#manifest.verifier.embeddingSpace ? templates : [];
  }

  /** The answer for a golden image; the tensor is a copy. */
  async answer(jpeg: Uint8Array): Promise<GoldenAnswer> {
    const { faces, scores, subject } = await this.analyse(jpeg);
    return { faces, scores, embedding: subject?.embedding ?? null, tensor: this.#tensor.slice() };
  }

  /** Runs every golden image. Throws BUNDLE_GOLDEN_MISMATCH naming the first that answers otherwise. */
  async checkGolden(files: BundleFiles): Promise<void> {
    for (const golden of this.#manifest.golden) {
      const mismatch = goldenMismatch(golden, await this.answer(fileOf(files, golden.image)));
      if (mismatch === null) continue;
      throw new FacelatchError("BUNDLE_GOLDEN_MISMATCH", {
        expected: "the answers that the manifest records for its golden images",
        found: mismatch,
        next: "Install the bundle again; if that does not help, this machine computes differently and must not be trusted.",
      });
    }
  }
}

function openCoverings(engine: Engine, { coverings }: Manifest, files: BundleFiles): CoveringDetector {
  if (coverings === null) return () => null;
  const { model, input, mask, occlusion } = coverings;
  const open = (head: typeof mask, purpose: "mask" | "occlusion"): Suspicion | null =>
    head === null ? null : { head: decodeCoveringHead(fileOf(files, head.file), purpose), scoreMin: head.scoreMin };
  return openCoveringDetector(engine, fileOf(files, model), input, {
    mask: open(mask, "mask"),
    occlusion: open(occlusion, "occlusion"),
  });
}

function openSpoofDetector(engine: Engine, { spoofHead }: Manifest, files: BundleFiles): PresentationDetector | null {
  if (spoofHead === null) return null;
  const head = decodePresentationHead(fileOf(files, spoofHead.file));
  return openPresentationDetector(engine, fileOf(files, spoofHead.model), spoofHead, head);
}

function fileOf(files: BundleFiles, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`the manifest's check let "${name}" through, which no file has`);
  return bytes;
}
