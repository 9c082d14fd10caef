// Photos through the device's own analysis, each read once however many figures need it.
import { readFile } from "node:fs/promises";
import type { Face } from "../../device/bundle/faces.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { digestOf, type OpenedBundle } from "../../device/slots/open-bundle.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import { type FaceEmbedder, openFaceEmbedder } from "../../device/vision/face-embedder.ts";
import { FrameAnalyser } from "../../device/vision/frame-analyser.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import type { FrameAnalysis } from "../../device/vision/vision.ts";
import { encodeJpeg, readPhoto } from "../dataset/photo.ts";
import { centralFace } from "../verifier/read-faces.ts";
import type { KnownPhoto } from "./photo-set.ts";

/** The face that a photo is of: the one nearest to its middle, as whoever photographs somebody frames him. */
export interface PortrayedFace {
  readonly face: Face;
  /** A unit vector. */
  readonly embedding: Float32Array;
}

export interface PhotoAnalysis {
  /** SHA-256 of the file: copies and links are one photo. */
  readonly digest: string;
  /** What the device makes of the photo, whose subject is the largest face; null where it cannot be read. */
  readonly analysis: FrameAnalysis | null;
  /** Null without a face. */
  readonly portrayed: PortrayedFace | null;
  /** Why it cannot be read; null where it can. */
  readonly unreadable: string | null;
}

export type AnalysedPhoto = KnownPhoto & PhotoAnalysis;

export class PhotoAnalyser {
  readonly #analyser: FrameAnalyser;
  readonly #embed: FaceEmbedder;
  readonly #progress: Progress;
  /** By digest. */
  readonly #known = new Map<string, PhotoAnalysis>();

  /** Throws what opening a bundle's models throws. */
  constructor({ manifest, files }: OpenedBundle, progress: Progress) {
    const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
    this.#analyser = new FrameAnalyser(engine, manifest, files);
    // The device never looks at a second face; for enrolment and verification the portrayed one counts.
    this.#embed = openFaceEmbedder(engine, files.get(manifest.verifier.file)!, manifest.verifier);
    this.#progress = progress;
  }

  get gallery() {
    return this.#analyser.gallery;
  }

  /** @param what names the step in the progress */
  async analyse(photos: readonly KnownPhoto[], what: string): Promise<AnalysedPhoto[]> {
    const analysed: AnalysedPhoto[] = [];
    if (photos.length > 0) this.#progress.step(what, photos.length);
    for (const [index, photo] of photos.entries()) {
      const digest = digestOf(await readFile(photo.path));
      const known = this.#known.get(digest) ?? (await this.#analyseOne(photo.path, digest));
      this.#known.set(digest, known);
      analysed.push({ ...photo, ...known });
      this.#progress.advance(index + 1);
    }
    return analysed;
  }

  async #analyseOne(path: string, digest: string): Promise<PhotoAnalysis> {
    try {
      // Through JPEG, as every camera frame comes: the decoder belongs to what is evaluated.
      const jpeg = await encodeJpeg(await readPhoto(path));
      const analysis = await this.#analyser.analyse(jpeg);
      return { digest, analysis, portrayed: await this.#portrayed(jpeg, analysis), unreadable: null };
    } catch (error) {
      if (!(error instanceof FacelatchError) || error.code === "MODEL_INVALID") throw error;
      return { digest, analysis: null, portrayed: null, unreadable: error.message };
    }
  }

  async #portrayed(
    jpeg: Uint8Array,
    { faces, subject, widthPx, heightPx }: FrameAnalysis,
  ): Promise<PortrayedFace | null> {
    const face = centralFace(faces, widthPx, heightPx);
    if (face === undefined || subject === null) return null;
    if (face === faces[0]) return { face, embedding: subject.embedding };
    return { face, embedding: this.#embed(await decodeJpeg(jpeg), face).embedding };
  }
}
