// Spares the models the frames in which nothing moved since they last looked and found nobody, and tells a view without a sight.
import { isStill, type LumaCells, type LumaPicture, lumaCells, motionShrink } from "../bundle/motion.ts";
import { obstructionOf } from "../bundle/obstruction.ts";
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
}

/** The models look again after this long, whatever moves: for what came in so slowly that no cell shows it. */
const lookAgainMs = 5_000;
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

  /** Throws as `FrameAnalyser.analyse` does. */
  async analyse(jpeg: Uint8Array): Promise<FrameAnalysis> {
    const startMs = this.#nowMs();
    const scene = this.#scene;
    // Whatever fails from here on, the next frame is analysed.
    this.#scene = null;
    if (scene === null || startMs - scene.lookedAtMs >= lookAgainMs) return this.#look(jpeg, startMs, null);
    const small = await readSmall(jpeg, scene.look);
    if (!isStill(scene.cells, lumaCells(small))) return this.#look(jpeg, startMs, small);
    this.#scene = scene;
    return this.#still(scene.look, startMs);
  }

  async #look(jpeg: Uint8Array, startMs: number, known: LumaPicture | null): Promise<FrameAnalysis> {
    const seen = await this.#analyser.analyse(jpeg);
    if (seen.faces.length > 0) this.#faceAtMs = startMs;
    if (startMs - this.#faceAtMs < faceGoneMs) return seen;
    const small = known ?? (await readSmall(jpeg, seen));
    const look = { ...seen, obstruction: obstructionOf(small) };
    this.#scene = { look, lookedAtMs: startMs, cells: lumaCells(small) };
    return look;
  }

  #still(look: FrameAnalysis, startMs: number): FrameAnalysis {
    const ms = this.#nowMs() - startMs;
    return { ...look, faces: [], subject: null, still: true, decodeMs: ms, inferenceMs: 0, totalMs: ms };
  }
}

function readSmall(jpeg: Uint8Array, frame: Pick<FrameAnalysis, "widthPx" | "heightPx">): Promise<LumaPicture> {
  return decodeSmallLuma(jpeg, {
    widthPx: Math.ceil(frame.widthPx / motionShrink),
    heightPx: Math.ceil(frame.heightPx / motionShrink),
  });
}
