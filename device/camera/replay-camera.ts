// A camera that replays recorded JPEGs in real time: a file of concatenated ones, or a folder of them by name.
import assert from "node:assert/strict";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../errors/errors.ts";
import { Backoff } from "./backoff.ts";
import type { Camera, CameraState, CameraStatus, Frame } from "./camera.ts";
import { cameraFault, frozenFault } from "./camera-fault.ts";
import { JpegStream } from "./jpeg-stream.ts";
import { LatestFrame } from "./latest-frame.ts";

/** The monotonic clock that a replay runs on. */
export interface ReplayClock {
  nowMs(): number;
  /** Rejects when the signal aborts. */
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
}

export interface ReplayCameraOptions {
  /** A `.mjpeg` file, or a folder whose `.jpg` and `.jpeg` files are played in the order of their names. */
  readonly path: string;
  readonly framesPerSecond: number;
  /** Begins again at the end; otherwise the end of the recording is a camera that delivers no more. */
  readonly loop: boolean;
  /** This many equal frames in a row mean a frozen camera; Infinity where repetition is fine. */
  readonly frozenAfterFrames: number;
  /** Called once when a recording that does not loop was played to its end. */
  readonly onEnd?: () => void;
  /** The delay before a source that cannot be read is tried again; it doubles, up to `backoffMaxMs`. */
  readonly backoffFirstMs?: number;
  readonly backoffMaxMs?: number;
  readonly frameBytesMax?: number;
  readonly clock?: ReplayClock;
}

const chunkBytes = 64 * 1024;

const monotonicClock: ReplayClock = {
  nowMs: () => performance.now(),
  wait: (durationMs, signal) => wait(durationMs, undefined, { signal }),
};

/** A replay that is later than this, after a suspended machine for one, goes on from now instead of catching up. */
const lateMaxMs = 1_000;

/** Recorded pictures as a camera, for demonstrations and tests. */
export class ReplayCamera implements Camera {
  readonly #options: ReplayCameraOptions;
  readonly #clock: ReplayClock;
  readonly #frames: LatestFrame;
  readonly #backoff: Backoff;
  #stream: JpegStream;
  #state: CameraState = "stopped";
  #fault: CameraStatus["fault"] = null;
  #restarts = 0;
  #dueMs = 0;
  #running: { readonly stopping: AbortController; readonly done: Promise<void> } | null = null;

  constructor(options: ReplayCameraOptions) {
    assert.ok(options.framesPerSecond > 0, "a replay needs a frame rate");
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#frames = new LatestFrame(options.frozenAfterFrames);
    this.#backoff = new Backoff(options.backoffFirstMs ?? 500, options.backoffMaxMs ?? 30_000);
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
    this.#running = { stopping, done: this.#play(stopping.signal) };
  }

  next(signal: AbortSignal): Promise<Frame> {
    return this.#frames.next(signal);
  }

  status(): CameraStatus {
    return {
      state: this.#state,
      source: this.#source(),
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

  async #play(signal: AbortSignal): Promise<void> {
    this.#dueMs = this.#clock.nowMs();
    while (!signal.aborted) {
      const problem = await this.#playOnce(signal).then(() => null, messageOf);
      if (signal.aborted) return;
      if (problem !== null) {
        await this.#waitForRetry(problem, signal);
      } else if (!this.#options.loop) {
        this.#fail(`the recording's end, after ${this.#frames.framesTotal} frames`, "Start it again, or let it loop.");
        this.#options.onEnd?.();
        return;
      }
    }
  }

  async #waitForRetry(problem: string, signal: AbortSignal): Promise<void> {
    const delayMs = this.#backoff.next();
    this.#fail(problem, `Check the path; the next attempt is in ${delayMs} ms.`);
    await this.#wait(delayMs, signal);
    if (signal.aborted) return;
    this.#restarts++;
    this.#state = "starting";
    this.#dueMs = this.#clock.nowMs();
  }

  /** Plays the recording from its beginning to its end. */
  async #playOnce(signal: AbortSignal): Promise<void> {
    const framesBefore = this.#frames.framesTotal;
    for await (const jpeg of readRecording(this.#options.path, this.#stream)) {
      const lateMs = this.#clock.nowMs() - this.#dueMs;
      if (lateMs > lateMaxMs) this.#dueMs += lateMs;
      if (lateMs < 0) await this.#wait(-lateMs, signal);
      if (signal.aborted) return;
      // Each frame is due one period after the one before was due, not after it was shown: delays do not add up.
      this.#dueMs += 1000 / this.#options.framesPerSecond;
      this.#state = "running";
      this.#fault = null;
      this.#backoff.reset();
      this.#frames.put(jpeg, this.#clock.nowMs());
    }
    if (this.#frames.framesTotal === framesBefore) throw new Error("no JPEG in it");
  }

  async #wait(durationMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.wait(durationMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #fail(found: string, next: string): void {
    this.#fault = cameraFault("CAMERA_UNAVAILABLE", { expected: `frames from ${this.#source()}`, found, next });
    this.#state = "failed";
  }

  #frozenFault(): CameraStatus["fault"] {
    if (this.#state !== "running" || !this.#frames.frozen) return null;
    return frozenFault(this.#source(), this.#options.frozenAfterFrames);
  }

  #source(): string {
    return `recording ${this.#options.path}`;
  }
}

/** The JPEGs of a file, or the first JPEG of each file of a folder, read one chunk at a time. */
async function* readRecording(path: string, stream: JpegStream): AsyncGenerator<Uint8Array> {
  if (!(await stat(path)).isDirectory()) {
    yield* readJpegs(path, stream);
    return;
  }
  const names = (await readdir(path)).filter((name) => /\.jpe?g$/i.test(name)).sort();
  for (const name of names) {
    // Photos may hold further pictures, such as a depth map: the first one is the frame.
    for await (const jpeg of readJpegs(join(path, name), stream)) {
      yield jpeg;
      break;
    }
  }
}

async function* readJpegs(path: string, stream: JpegStream): AsyncGenerator<Uint8Array> {
  stream.end();
  const file = await open(path, "r");
  try {
    // One chunk for the whole file: a new one for each read would keep the collector at work while nobody is there.
    const chunk = new Uint8Array(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk);
      if (bytesRead === 0) break;
      yield* stream.push(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  stream.end();
}
