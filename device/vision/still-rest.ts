// Spares the vision process most frames of an empty scene: while nothing moves there, it is not even handed them.
import type { FrameAnalysis } from "./vision.ts";

/**
 * Whoever comes waits so long at most before the first frame of him is looked at. Handing a frame over and decoding it is
 * what an empty scene costs: at 10 frames a second, four of five are spared.
 */
const unseenMaxMs = 450;

/** Holds the last answer that told of a still scene, and gives it again for a moment. */
export class StillRest {
  #still: { readonly analysis: FrameAnalysis; readonly seenAtMs: number } | null = null;

  /** The answer to a frame that need not be looked at; null when it must be. */
  answer(nowMs: number): FrameAnalysis | null {
    if (this.#still === null || nowMs - this.#still.seenAtMs > unseenMaxMs) return null;
    return { ...this.#still.analysis, decodeMs: 0, inferenceMs: 0, totalMs: 0 };
  }

  /** @param seenAtMs when the frame was handed over, on the clock that `answer` is asked by */
  note(analysis: FrameAnalysis, seenAtMs: number): void {
    this.#still = analysis.still ? { analysis, seenAtMs } : null;
  }

  /** After a fault or another bundle nothing is known. */
  end(): void {
    this.#still = null;
  }
}
