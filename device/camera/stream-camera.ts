// A camera that is a process: it writes JPEGs to its standard output and is started again whenever it fails.
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "./backoff.ts";
import type { Camera, CameraState, CameraStatus, Frame } from "./camera.ts";
import type { CameraCommand } from "./camera-commands.ts";
import { cameraFault, frozenFault } from "./camera-fault.ts";
import { JpegStream } from "./jpeg-stream.ts";
import { LatestFrame } from "./latest-frame.ts";
import { type MjpegProcessEnd, runMjpegProcess } from "./mjpeg-process.ts";

export interface StreamCameraOptions {
  /** The command to run; further ones are tried where the program of the one before is not installed. */
  readonly commands: readonly CameraCommand[];
  /** This many equal frames in a row mean a frozen camera; Infinity where repetition is fine. */
  readonly frozenAfterFrames: number;
  /** How long the first frame may take. */
  readonly startTimeoutMs?: number;
  /** How long any further frame may take. */
  readonly stallTimeoutMs?: number;
  /** The delay before the first restart; it doubles with each failure, up to `backoffMaxMs`. */
  readonly backoffFirstMs?: number;
  readonly backoffMaxMs?: number;
  /** Frames for this long make the next failure a first one again. */
  readonly healthyAfterMs?: number;
  /** Between SIGTERM and SIGKILL; at most 1,400. */
  readonly killAfterMs?: number;
  /** Longer JPEGs are discarded; `frameBytesMax` of the bundle unless told. */
  readonly frameBytesMax?: number;
}

const defaults = {
  startTimeoutMs: 15_000,
  stallTimeoutMs: 5_000,
  backoffFirstMs: 500,
  backoffMaxMs: 30_000,
  healthyAfterMs: 10_000,
  killAfterMs: 1_000,
} as const;

/** Any command that writes JPEGs, as a camera; see camera-commands.ts for the commands. */
export class StreamCamera implements Camera {
  readonly #options: StreamCameraOptions & Readonly<Record<keyof typeof defaults, number>>;
  readonly #frames: LatestFrame;
  readonly #backoff: Backoff;
  #stream: JpegStream;
  #commandIndex = 0;
  #state: CameraState = "stopped";
  #fault: CameraStatus["fault"] = null;
  #restarts = 0;
  #firstFrameAtMs: number | null = null;
  #running: { readonly stopping: AbortController; readonly done: Promise<void> } | null = null;

  constructor(options: StreamCameraOptions) {
    assert.ok(options.commands.length > 0, "a camera needs a command");
    this.#options = { ...defaults, ...options };
    assert.ok(this.#options.killAfterMs <= 1_400, "stop() promises to be done within 3 s, and waits twice");
    this.#frames = new LatestFrame(options.frozenAfterFrames);
    this.#backoff = new Backoff(this.#options.backoffFirstMs, this.#options.backoffMaxMs);
    this.#stream = new JpegStream(options.frameBytesMax);
  }

  start(): void {
    if (this.#running !== null) return;
    this.#frames.reset();
    this.#backoff.reset();
    this.#stream = new JpegStream(this.#options.frameBytesMax);
    this.#restarts = 0;
    this.#fault = null;
    this.#state = "starting";
    const stopping = new AbortController();
    this.#running = { stopping, done: this.#supervise(stopping.signal) };
  }

  next(signal: AbortSignal): Promise<Frame> {
    return this.#frames.next(signal);
  }

  status(): CameraStatus {
    return {
      state: this.#state,
      source: this.#command().source,
      framesTotal: this.#frames.framesTotal,
      framesDropped: this.#frames.framesDropped,
      bytesDiscarded: this.#stream.bytesDiscarded,
      restarts: this.#restarts,
      fault: this.#fault ?? this.#frozenFault(),
    };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    running.stopping.abort();
    await running.done;
    // A second stop() waits for the same end; only the first to get here may clear what a later start() set up.
    if (this.#running !== running) return;
    this.#running = null;
    this.#frames.clear();
    this.#fault = null;
    this.#state = "stopped";
  }

  #command(): CameraCommand {
    return this.#options.commands[this.#commandIndex]!;
  }

  #frozenFault(): CameraStatus["fault"] {
    if (this.#state !== "running" || !this.#frames.frozen) return null;
    return frozenFault(this.#command().source, this.#options.frozenAfterFrames);
  }

  async #supervise(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#firstFrameAtMs = null;
      const end = await runMjpegProcess(this.#command(), this.#stream, this.#options, this.#take, signal);
      if (signal.aborted) return;
      this.#frames.clear();
      this.#state = "failed";
      const { healthyAfterMs } = this.#options;
      if (this.#firstFrameAtMs !== null && performance.now() - this.#firstFrameAtMs >= healthyAfterMs) {
        this.#backoff.reset();
      }
      // A command whose program is missing makes way for the next one at once; only a full round of them waits.
      const hasOther = end.reason === "missing" && this.#commandIndex < this.#options.commands.length - 1;
      const delayMs = hasOther ? 0 : this.#backoff.next();
      this.#fault = this.#faultOf(end, delayMs);
      if (end.reason === "missing") this.#commandIndex = hasOther ? this.#commandIndex + 1 : 0;
      await wait(delayMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      if (signal.aborted) return;
      this.#restarts++;
      this.#state = "starting";
    }
  }

  #take = (jpeg: Uint8Array): void => {
    const nowMs = performance.now();
    this.#firstFrameAtMs ??= nowMs;
    this.#state = "running";
    this.#fault = null;
    this.#frames.put(jpeg, nowMs);
  };

  #faultOf(end: MjpegProcessEnd, delayMs: number): CameraStatus["fault"] {
    const { source, packageName } = this.#command();
    const remedy = end.reason === "missing" ? `Install ${packageName}` : "Check the camera, its cable and its settings";
    return cameraFault("CAMERA_UNAVAILABLE", {
      expected: `frames from ${source}`,
      found: end.words,
      next: `${remedy}; the next attempt is in ${delayMs} ms.`,
    });
  }
}
