// The port of vision: a frame goes in, faces and scores come out; the models run somewhere that may crash.
import type { Face } from "../bundle/faces.ts";
import type { Gallery } from "../bundle/gallery.ts";
import type { Obstruction } from "../bundle/obstruction.ts";
import type { FaceQuality, UnfitReason } from "../bundle/quality.ts";
import type { SurroundLook } from "../bundle/surround.ts";

/** What the models say of one frame's subject, its largest face. */
export interface SubjectAnalysis {
  /** Why the face cannot be judged in this frame; null when it can. */
  readonly unfit: UnfitReason | null;
  readonly quality: FaceQuality;
  /** L2-normalised, in the bundle's embedding space. Never logged. */
  readonly embedding: Float32Array;
  /** How much the picture looks like one of a print or a screen, 0 to 1; null where the bundle cannot tell. */
  readonly spoofScore: number | null;
  /** What is around the face, to be compared from frame to frame. Never logged. */
  readonly surround: SurroundLook;
}

/** What the models say of one frame. */
export interface FrameAnalysis {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Mean luma of the frame, 0 (black) to 255. */
  readonly brightness: number;
  /** All faces found, the largest first; the first one is the subject. */
  readonly faces: readonly Face[];
  /**
   * Class scores in the order of the bundle's labels, summing to 1: of the subject's face where there is one,
   * of the whole picture's centre square otherwise.
   */
  readonly scores: readonly number[];
  /** Null without a face. */
  readonly subject: SubjectAnalysis | null;
  /**
   * True when the models were spared: nothing moved since they last looked and found nobody. Sizes, brightness and scores
   * are those of that look, at most five seconds ago.
   */
  readonly still: boolean;
  /** What keeps the camera from seeing; null where it sees, and where a face shows that it does. */
  readonly obstruction: Obstruction | null;
  readonly decodeMs: number;
  readonly inferenceMs: number;
  /** From the frame's arrival in the vision process to the answer, in ms. */
  readonly totalMs: number;
}

export type VisionState = "stopped" | "starting" | "ready" | "backoff" | "refused";

/** What a bundle demands of a face, chosen where it was trained. */
export interface BundleThresholds {
  readonly ownerScoreMin: number;
  readonly verifiedScoreMin: number;
  readonly householdMarginMin: number;
  /** From this spoof score on, a face counts as a picture of one. */
  readonly spoofScoreMin: number | null;
}

/** The bundle that the models come from, as the vision process verified it. */
export interface LoadedBundle {
  readonly name: string;
  /** SHA-256 of the manifest: the bundle's identity. */
  readonly sha256: string;
  readonly createdAt: string;
  readonly labels: readonly string[];
  readonly ownerLabel: string;
  readonly thresholds: BundleThresholds;
  /** Embeddings of different spaces do not compare. */
  readonly embeddingSpace: string;
  /** The owner's templates and those of enrolled housemates. Never logged. */
  readonly gallery: Gallery;
}

/** Templates of the owner that were enrolled at the door, beside the bundle's own. Never logged. */
export interface OwnerTemplates {
  readonly embeddingSpace: string;
  readonly templates: readonly Float32Array[];
}

export interface VisionStatus {
  readonly state: VisionState;
  /** "xnnpack" when the delegate is applied, "plain" where it is missing. */
  readonly engine: "xnnpack" | "plain" | null;
  /** Why inference is slower than it could be; null when it is not. */
  readonly warning: string | null;
  readonly restarts: number;
  readonly framesAnalysed: number;
  /** How many of them were still. */
  readonly framesStill: number;
  /** The last fault, kept until a frame was analysed again. */
  readonly fault: { readonly code: string; readonly message: string } | null;
  /** Null until a bundle passed every check. */
  readonly bundle: LoadedBundle | null;
  readonly pid: number | null;
  readonly rssBytes: number | null;
}

export interface Vision {
  /** Begins starting the models; the outcome shows in `status()` and in `onState`. */
  start(): void;
  /**
   * Analyses one JPEG. Throws VISION_UNAVAILABLE (not ready), VISION_BUSY (a frame is in flight), VISION_TIMEOUT,
   * VISION_CRASHED, FRAME_INVALID (the JPEG is truncated or broken; the process lives on).
   */
  analyse(jpeg: Uint8Array): Promise<FrameAnalysis>;
  status(): VisionStatus;
  /**
   * Has faces that are like these looked at as the owner's, in bundles of their space: whether they are covered, or a
   * picture of a face. It decides nothing.
   */
  knowOwner(owner: OwnerTemplates): void;
  /**
   * Takes up the bundle that is installed now. What is ready goes on answering with the bundle before until the other one
   * is loaded; then one frame is lost. A bundle that is refused leaves nothing that answers.
   */
  reload(): void;
  /** Stops the process. Idempotent; resolves within 3 s. */
  stop(): Promise<void>;
}
