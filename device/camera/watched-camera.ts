// A camera whose pictures are watched: one that shows nothing for long, or is another camera than at the start, has a fault.
import type { Obstruction } from "../bundle/obstruction.ts";
import type { Camera, CameraStatus, Frame } from "./camera.ts";
import { cameraFault } from "./camera-fault.ts";
import { frameShapeOf } from "./frame-shape.ts";

export interface WatchedCameraOptions {
  /** A view that is obstructed for so long, and holds no face, is a fault; 0 for never. */
  readonly obstructedAfterMs: number;
  /** Whether every frame has the shape of the first; not so for a folder of photos. */
  readonly isOneShape: boolean;
  /** Which camera it is, in words; asked at each of its starts, and null where nobody can tell. */
  readonly identity?: () => string | null;
}

const obstructedFaults = {
  black: {
    code: "CAMERA_BLACK",
    found: "black pictures",
    next: "Uncover the lens, or give the door light.",
  },
  covered: {
    code: "CAMERA_COVERED",
    found: "pictures in which nothing is in focus",
    next: "Clean and uncover the lens; where it looks at an even wall, set camera.obstructedAfterMs to 0.",
  },
} as const;

export class WatchedCamera implements Camera {
  readonly #camera: Camera;
  readonly #options: WatchedCameraOptions;
  #obstruction: Obstruction | null = null;
  #obstructedSinceMs = 0;
  #isObstructed = false;
  #shape: string | null = null;
  #identity: string | null = null;
  #identifiedAtRestarts: number | null = null;
  /** What the camera turned into, until it is again what it was. */
  #other: { shape: string | null; identity: string | null } = { shape: null, identity: null };

  constructor(camera: Camera, options: WatchedCameraOptions) {
    this.#camera = camera;
    this.#options = options;
  }

  start(): void {
    this.#camera.start();
  }

  stop(): Promise<void> {
    return this.#camera.stop();
  }

  async next(signal: AbortSignal): Promise<Frame> {
    const frame = await this.#camera.next(signal);
    this.#identify();
    if (this.#options.isOneShape) this.#compareShape(frame);
    return frame;
  }

  status(): CameraStatus {
    const status = this.#camera.status();
    // Another camera's pictures count for nothing, whatever else is wrong with it: no other fault may stand before this one.
    return { ...status, fault: this.#changedFault(status) ?? status.fault ?? this.#obstructedFault(status) };
  }

  /**
   * Takes note of what a frame's analysis says of the view; null where it is free, or where there was no frame.
   *
   * @param nowMs on the monotonic clock
   */
  noteView(obstruction: Obstruction | null, nowMs: number): void {
    if (this.#obstruction === null) this.#obstructedSinceMs = nowMs;
    this.#obstruction = obstruction;
    const { obstructedAfterMs } = this.#options;
    this.#isObstructed =
      obstruction !== null && obstructedAfterMs > 0 && nowMs - this.#obstructedSinceMs >= obstructedAfterMs;
  }

  #identify(): void {
    const { restarts } = this.#camera.status();
    if (this.#options.identity === undefined || restarts === this.#identifiedAtRestarts) return;
    this.#identifiedAtRestarts = restarts;
    const identity = this.#options.identity();
    this.#identity ??= identity;
    this.#other.identity = identity === this.#identity ? null : (identity ?? "one that the kernel does not name");
  }

  #compareShape({ jpeg }: Frame): void {
    const shape = frameShapeOf(jpeg);
    // A damaged frame is another fault, which the decoder tells.
    if (shape === null) return;
    this.#shape ??= shape;
    this.#other.shape = shape === this.#shape ? null : shape;
  }

  #changedFault({ source }: CameraStatus): CameraStatus["fault"] {
    const { shape, identity } = this.#other;
    if (identity !== null) return changedFault(source, this.#identity, identity);
    return shape === null ? null : changedFault(source, `pictures of ${this.#shape}`, `pictures of ${shape}`);
  }

  #obstructedFault({ source, state }: CameraStatus): CameraStatus["fault"] {
    if (!this.#isObstructed || this.#obstruction === null || state !== "running") return null;
    const { code, found, next } = obstructedFaults[this.#obstruction];
    const lastsS = Math.round(this.#options.obstructedAfterMs / 1000);
    return cameraFault(code, {
      expected: `a view from ${source}`,
      found: `${found} for more than ${lastsS} s, and nobody in them`,
      next,
    });
  }
}

function changedFault(source: string, before: string | null, now: string): CameraStatus["fault"] {
  return cameraFault("CAMERA_CHANGED", {
    expected: `${before}, as at the start, from ${source}`,
    found: now,
    next: "Connect the camera that was there, or restart the daemon where another one is meant.",
  });
}
