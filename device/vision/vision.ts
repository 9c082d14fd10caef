// The port of vision: a frame goes in, faces and scores come out; the models run somewhere that may crash.
import type { Face } from "../bundle/faces.ts";

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
  readonly decodeMs: number;
  readonly inferenceMs: number;
  /** From the frame's arrival in the vision process to the answer, in ms. */
  readonly totalMs: number;
}

export type VisionState = "stopped" | "starting" | "ready" | "backoff" | "refused";

/** The bundle that the models come from, as the vision process verified it. */
export interface LoadedBundle {
  readonly name: string;
  /** SHA-256 of the manifest: the bundle's identity. */
  readonly sha256: string;
  readonly createdAt: string;
  readonly labels: readonly string[];
  readonly ownerLabel: string;
  readonly ownerScoreMin: number;
  readonly faceWidthMinPx: number;
}

export interface VisionStatus {
  readonly state: VisionState;
  /** "xnnpack" when the delegate is applied, "plain" where it is missing. */
  readonly engine: "xnnpack" | "plain" | null;
  /** Why inference is slower than it could be; null when it is not. */
  readonly warning: string | null;
  readonly restarts: number;
  readonly framesAnalysed: number;
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
  /** Starts anew with the bundle that is installed now; a frame in flight is lost. */
  reload(): void;
  /** Stops the process. Idempotent; resolves within 3 s. */
  stop(): Promise<void>;
}
