// A door whose camera and models are played, so that every order of things can be brought about at a stated time; the
// decision, the pipeline and the store are real.
import type { FaceQuality } from "../../device/bundle/quality.ts";
import { type SurroundLook, surroundPx } from "../../device/bundle/surround.ts";
import type { Camera, CameraStatus, Frame } from "../../device/camera/camera.ts";
import type { Now } from "../../device/decision/decision.ts";
import type { Look } from "../../device/pipeline.ts";
import { Pipeline, type PipelineOptions } from "../../device/pipeline.ts";
import type { Relay, RelayStatus } from "../../device/relay/relay.ts";
import { openSqliteStore } from "../../device/store/sqlite-store.ts";
import type { Store } from "../../device/store/store.ts";
import type { FrameAnalysis, LoadedBundle, Vision, VisionStatus } from "../../device/vision/vision.ts";
import { policy } from "./decision/door.ts";

export const bundle: LoadedBundle = {
  name: "Played",
  sha256: "0".repeat(64),
  createdAt: "2026-01-01T00:00:00Z",
  labels: ["others", "Markus", "objects"],
  ownerLabel: "Markus",
  thresholds: { ownerScoreMin: 0.3, verifiedScoreMin: 0.65, householdMarginMin: 0.1, spoofScoreMin: null },
  embeddingSpace: "1".repeat(64),
  gallery: { owner: [Float32Array.of(1, 0)], household: [] },
};

export const quality: FaceQuality = {
  widthPx: 100,
  brightness: 130,
  contrast: 40,
  sharpness: 0.1,
  yawRatio: 0,
  pitchRatio: 0.45,
  rollDegrees: 0,
  insideRatio: 1,
};

const box = { leftPx: 100, topPx: 100, widthPx: 100, heightPx: 100 };

/** A grey wall, which never tells whether it moved. */
const surround: SurroundLook = {
  region: { leftPx: -10, topPx: -10, widthPx: 320, heightPx: 320 },
  frame: { widthPx: 640, heightPx: 480 },
  similarity: { cos: 1, sin: 0, leftPx: 94, topPx: 94 },
  facePx: 100,
  luma: new Uint8Array(surroundPx * surroundPx).fill(128),
};

/** A unit vector with this similarity to the owner's template. */
export function embeddingOf(verifiedScore: number): Float32Array {
  return Float32Array.of(verifiedScore, Math.sqrt(1 - verifiedScore ** 2));
}

/** What the models say of a frame with one face, by its similarity to the owner; null without a face. */
export function analysisOf(verifiedScore: number | null, ownerScore = 0.97): FrameAnalysis {
  return {
    widthPx: 640,
    heightPx: 480,
    brightness: 100,
    faces: verifiedScore === null ? [] : [{ box, landmarks: [], score: 0.9 }],
    scores: [1 - ownerScore, ownerScore, 0],
    subject:
      verifiedScore === null
        ? null
        : { unfit: null, quality, embedding: embeddingOf(verifiedScore), spoofScore: null, surround },
    still: false,
    obstruction: null,
    decodeMs: 1,
    inferenceMs: 1,
    totalMs: 2,
  };
}

export class PlayedCamera implements Camera {
  #frame: Frame | null = null;
  #give: ((frame: Frame) => void) | null = null;
  failure: Error | null = null;

  start(): void {}

  /** Shows a frame to whoever waits, or keeps it for the next who asks. */
  show(frame: Frame): void {
    if (this.#give === null) this.#frame = frame;
    else this.#give(frame);
    this.#give = null;
  }

  async next(signal: AbortSignal): Promise<Frame> {
    if (this.failure !== null) throw this.failure;
    const frame = this.#frame;
    this.#frame = null;
    if (frame !== null) return frame;
    return new Promise((resolve, reject) => {
      this.#give = resolve;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  status(): CameraStatus {
    return {
      state: "running",
      source: "played",
      framesTotal: 0,
      framesDropped: 0,
      bytesDiscarded: 0,
      restarts: 0,
      fault: null,
    };
  }

  async stop(): Promise<void> {}
}

/** The models' answer to the next frame: an analysis, or the error that it fails with. */
export type Answer = FrameAnalysis | Error;

export class PlayedVision implements Vision {
  answer: Answer = analysisOf(null);
  bundle: LoadedBundle | null = bundle;

  start(): void {}

  async analyse(): Promise<FrameAnalysis> {
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }

  status(): VisionStatus {
    return {
      state: "ready",
      engine: "plain",
      warning: null,
      restarts: 0,
      framesAnalysed: 0,
      framesStill: 0,
      fault: null,
      bundle: this.bundle,
      pid: null,
      rssBytes: null,
    };
  }

  knowOwner(): void {}

  reload(): void {}

  async stop(): Promise<void> {}
}

/** A relay whose pulses end when the test says so. */
export class PlayedRelay implements Relay {
  pulses = 0;
  /** Whether a pulse makes the line active; if not, only its end tells. */
  obeys = true;
  readonly #onPulse: () => void;
  #settle: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(onPulse: () => void = () => {}) {
    this.#onPulse = onPulse;
  }

  async start(): Promise<void> {}

  pulse(onActive: () => void = () => undefined): Promise<void> {
    this.pulses++;
    this.#onPulse();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.obeys) onActive();
    });
  }

  /** Ends the pulse, well or with an error, and lets what waits for it go on. */
  async endPulse(error?: Error): Promise<void> {
    if (error === undefined) this.#settle?.resolve();
    else this.#settle?.reject(error);
    for (let turn = 0; turn < 5; turn++) await null;
  }

  relock(): void {
    void this.endPulse();
  }

  heartbeat(): void {}

  status(): RelayStatus {
    return { adapter: "played", active: false, pulses: this.pulses, guard: null, fault: null };
  }

  async stop(): Promise<void> {}
}

interface Ending {
  after(end: () => void | Promise<void>): void;
}

/** A real store whose file is in memory. */
export function memoryStore(t: Ending): Store {
  const store = openSqliteStore({
    path: ":memory:",
    bootId: "boot-1",
    retention: { ageMaxDays: 365, eventsMax: 100_000, logLinesMax: 100_000 },
    wallClock: () => new Date(),
  });
  t.after(() => store.close());
  return store;
}

export class PlayedDoor {
  readonly camera = new PlayedCamera();
  readonly vision = new PlayedVision();
  readonly relay: PlayedRelay;
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly ended: Promise<void>;
  readonly looks: Look[] = [];
  /** What the pipeline told of records that could not be stored. */
  readonly errors: string[] = [];
  nowMs = 1_000;
  minuteOfWeek: number | null = 0;
  seq = 0;
  readonly #stop = new AbortController();
  #looked: ((look: Look) => void) | null = null;

  constructor(t: Ending, changes: Partial<PipelineOptions> & { readonly relay?: PlayedRelay } = {}) {
    this.relay = changes.relay ?? new PlayedRelay();
    this.store = changes.store ?? memoryStore(t);
    this.pipeline = new Pipeline({
      ownerLabel: "Markus",
      policy: (thresholds) => ({ ...policy, ...thresholds }),
      gallery: (loaded) => loaded.gallery,
      clock: () => this.now,
      frameIntervalMs: () => 0,
      frameWaitMs: 60_000,
      auditRequired: true,
      gapMinMs: 500,
      onError: (text) => this.errors.push(text),
      onLook: (look) => {
        this.looks.push(look);
        this.#looked?.(look);
      },
      ...changes,
      camera: this.camera,
      vision: this.vision,
      relay: this.relay,
      store: this.store,
    });
    this.ended = this.pipeline.run(this.#stop.signal);
    t.after(() => this.end());
  }

  get now(): Now {
    return { nowMs: this.nowMs, minuteOfWeek: this.minuteOfWeek };
  }

  end(): Promise<void> {
    this.#stop.abort();
    return this.ended.catch(() => {});
  }

  /** Shows one frame, 100 ms after the last, and waits for what came of it. */
  async see(answer: Answer): Promise<Look> {
    this.nowMs += 100;
    this.seq++;
    this.vision.answer = answer;
    const looked = this.nextLook();
    const capturedAtMs = this.nowMs - 10;
    this.camera.show({ seq: this.seq, jpeg: new Uint8Array(1), capturedAtMs, digest: `digest-${this.seq}` });
    return looked;
  }

  /** Shows so many frames of the same kind; returns the outcome of each: "unlock", or the refusal's reason. */
  async seeMany(answer: Answer, frames: number): Promise<string[]> {
    const outcomes: string[] = [];
    for (let i = 0; i < frames; i++) outcomes.push(outcomeOf(await this.see(answer)));
    return outcomes;
  }

  nextLook(): Promise<Look> {
    return new Promise((resolve) => {
      this.#looked = resolve;
    });
  }

  /** The stored events, oldest first: the type, and the reason where there is one. */
  events(): string[] {
    return this.store
      .events({ afterSeq: 0, limit: 500 })
      .map(({ type, reason }) => (reason === null ? type : `${type} ${reason}`));
  }
}

export function outcomeOf({ decision }: Look): string {
  return decision.kind === "unlock" ? "unlock" : decision.reason;
}
