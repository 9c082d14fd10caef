// From a frame to what the decision is told of it: analysed, compared with the gallery, and a fault wherever that fails.
import type { Gallery } from "./bundle/gallery.ts";
import { compareSurround, type SeenSurround } from "./bundle/surround-motion.ts";
import type { Camera, Frame } from "./camera/camera.ts";
import type { FaultReason, Observation } from "./decision/decision.ts";
import { faultOf, observationOf, viewFaultOf } from "./observe.ts";
import type { FrameAnalysis, LoadedBundle, Vision } from "./vision/vision.ts";

export interface FrameObserverOptions {
  readonly camera: Camera;
  readonly vision: Vision;
  /** A bundle made for anybody else opens nothing. */
  readonly ownerLabel: string;
  /** The bundle's gallery with those whom the owner named since; null while those cannot be read. */
  readonly gallery: (bundle: LoadedBundle) => Gallery | null;
  /** Without a frame for so long, the camera counts as failed. */
  readonly frameWaitMs: number;
}

export interface Observed {
  readonly observation: Observation;
  /** Null where there is none, and where the bundle is not the owner's: then nobody is judged. */
  readonly analysis: FrameAnalysis | null;
}

export class FrameObserver {
  readonly #options: FrameObserverOptions;
  /** What the next frame's surround is compared with. */
  #surround: SeenSurround | null = null;

  constructor(options: FrameObserverOptions) {
    this.#options = options;
  }

  /** The camera's next frame; null when none came in time, or the signal aborted. */
  async nextFrame(signal: AbortSignal): Promise<Frame | null> {
    const waiting = new AbortController();
    const giveUp = () => waiting.abort();
    const timer = setTimeout(giveUp, this.#options.frameWaitMs);
    signal.addEventListener("abort", giveUp);
    try {
      return await this.#options.camera.next(waiting.signal);
    } catch (error) {
      if (waiting.signal.aborted) return null;
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Never rejects: what fails is a fault that keeps the door locked. */
  async observe(frame: Frame | null): Promise<Observed> {
    if (frame === null) return fault("camera_fault");
    const { camera, vision, ownerLabel, gallery } = this.#options;
    if (camera.status().fault?.code === "CAMERA_CHANGED") return fault("camera_changed");
    try {
      const analysis = await vision.analyse(frame.jpeg);
      const viewFault = viewFaultOf(camera.status().fault, analysis);
      if (viewFault !== null) return fault(viewFault, analysis);
      const { bundle } = vision.status();
      if (bundle?.ownerLabel !== ownerLabel) return fault("bundle_missing");
      const known = gallery(bundle);
      if (known === null) return fault("household_unavailable", analysis);
      const surroundLogRatio = this.#compareSurround(frame, analysis);
      return { observation: observationOf(frame, analysis, bundle, known, surroundLogRatio), analysis };
    } catch (error) {
      return { observation: faultOf(error), analysis: null };
    }
  }

  #compareSurround({ capturedAtMs }: Frame, { subject }: FrameAnalysis): number | null {
    if (subject === null) return null;
    const { reference, logRatio } = compareSurround(this.#surround, { look: subject.surround, capturedAtMs });
    this.#surround = reference;
    return logRatio;
  }
}

function fault(reason: FaultReason, analysis: FrameAnalysis | null = null): Observed {
  return { observation: { kind: "fault", reason }, analysis };
}
