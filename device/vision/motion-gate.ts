// Spares the models the frames in which nothing moved since they last looked and found nobody.
import { isStill, type LumaCells, lumaCells, motionShrink } from "../bundle/motion.ts";
import { decodeSmallLuma } from "./decode-jpeg.ts";
import type { FrameAnalysis } from "./vision.ts";

/** Whoever looks at a frame with the models. */
export interface Analyser {
  analyse(jpeg: Uint8Array): Promise<FrameAnalysis>;
}

/** What is known while nobody is there. */
interface EmptyScene {
  readonly look: FrameAnalysis;
  readonly lookedAtMs: number;
  readonly cells: LumaCells;
  /** When the picture was last seen to be still; null when the last frame was let by unseen. */
  readonly seenAtMs: number | null;
}

/** The models look again after this long, whatever moves: once a second, with room for a frame that comes early. */
const lookAgainMs = 950;
/**
 * Decoding is what a still frame costs. Of two frames that follow each other this closely only one is decoded; from
 * slower cameras, every one.
 */
const unseenMaxMs = 150;
/** A detector that loses a face for some frames finds it again though nobody moved: so long after a face nothing is spared. */
const faceGoneMs = 1_000;

/** Answers a still frame with the last look at the empty scene. A face ends it: then every frame is analysed. */
export class MotionGate implements Analyser {
  readonly #analyser: Analyser;
  readonly #nowMs: () => number;
  #scene: EmptyScene | null = null;
  #faceAtMs = Number.NEGATIVE_INFINITY;

  constructor(analyser: Analyser, nowMs: () => number = () => performance.now()) {
    this.#analyser = analyser;
    this.#nowMs = nowMs;
  }

  /** Throws as `FrameAnalyser.analyse` does; a frame let by unseen is not checked for damage. */
  async analyse(jpeg: Uint8Array): Promise<FrameAnalysis> {
    const startMs = this.#nowMs();
    const scene = this.#scene;
    // Whatever fails from here on, the next frame is analysed.
    this.#scene = null;
    if (scene === null || startMs - scene.lookedAtMs >= lookAgainMs) return this.#look(jpeg, startMs, null);
    if (scene.seenAtMs !== null && startMs - scene.seenAtMs <= unseenMaxMs) {
      this.#scene = { ...scene, seenAtMs: null };
      return this.#still(scene.look, startMs);
    }
    const cells = await readCells(jpeg, scene.look);
    if (!isStill(scene.cells, cells)) return this.#look(jpeg, startMs, cells);
    this.#scene = { ...scene, seenAtMs: startMs };
    return this.#still(scene.look, startMs);
  }

  async #look(jpeg: Uint8Array, startMs: number, known: LumaCells | null): Promise<FrameAnalysis> {
    const look = await this.#analyser.analyse(jpeg);
    if (look.faces.length > 0) this.#faceAtMs = startMs;
    if (startMs - this.#faceAtMs < faceGoneMs) return look;
    const cells = known ?? (await readCells(jpeg, look));
    this.#scene = { look, lookedAtMs: startMs, cells, seenAtMs: startMs };
    return look;
  }

  #still(look: FrameAnalysis, startMs: number): FrameAnalysis {
    const ms = this.#nowMs() - startMs;
    return { ...look, faces: [], subject: null, still: true, decodeMs: ms, inferenceMs: 0, totalMs: ms };
  }
}

async function readCells(jpeg: Uint8Array, frame: Pick<FrameAnalysis, "widthPx" | "heightPx">): Promise<LumaCells> {
  const small = await decodeSmallLuma(jpeg, {
    widthPx: Math.ceil(frame.widthPx / motionShrink),
    heightPx: Math.ceil(frame.heightPx / motionShrink),
  });
  return lumaCells(small);
}
