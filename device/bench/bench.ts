// The benchmark of the device: the real pipeline on recorded frames, with its parts measured between the frames.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { JpegStream } from "../camera/jpeg-stream.ts";
import { type Config, defaultConfig } from "../config/config.ts";
import { FacelatchError } from "../errors/errors.ts";
import { siblingModule } from "../installation/installation.ts";
import { type Look, Pipeline } from "../pipeline.ts";
import { policyOf } from "../policy-of.ts";
import { RecordedRelay } from "../relay/recorded-relay.ts";
import { currentBundleFolder } from "../slots/slots.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import { terminalProgress } from "../terminal/progress.ts";
import type { VisionStatus } from "../vision/vision.ts";
import { VisionProcess } from "../vision/vision-process.ts";
import { OfferedCamera } from "./offered-camera.ts";
import type { PartsReply, PartsRequest, StepsMs } from "./parts-worker.ts";
import { type Percentiles, percentilesOf } from "./percentiles.ts";

export interface BenchOptions {
  /** Holds the bundle in use and the demo's scene. */
  readonly stateDir: string;
  /** Frames in all, 400 at least. */
  readonly frames: number;
}

export interface BenchResult {
  /** From the frame's last byte to the decision. */
  readonly frameToDecisionMs: Percentiles;
  /** Each step alone, on the same frames, in another process; `inference` is all of them but decoding. */
  readonly partsMs: Readonly<Record<keyof StepsMs | "inference", Percentiles>>;
  /** Median of frame to decision over the median of its steps' sums. */
  readonly overheadRatio: number;
  readonly engineMs: { readonly xnnpack: Percentiles; readonly plain: Percentiles };
  readonly speedup: number;
  /** Of the process that runs the pipeline; includes the sampler's own period of 1 ms. */
  readonly loopLagMs: Percentiles;
  /** Pipeline and vision process together. */
  readonly rssBytes: { readonly at1000: number; readonly at20000: number };
  readonly rssRatio: number;
  readonly frames: number;
}

const measuredFrames = 300;
/** The plain engine is slow: it is measured on every n-th frame. */
const plainEvery = 5;
const warmUpFrames = 30;
const firstMemoryAt = 1_000;

/** Throws BUNDLE_MISSING or INPUT_MISSING where the demo has not run. */
export async function bench({ stateDir, frames }: BenchOptions): Promise<BenchResult> {
  const jpegs = await readFrames(join(stateDir, "scene.mjpeg"));
  const rig = await openRig(stateDir);
  const progress = terminalProgress();
  try {
    const parts = await openParts(currentBundleFolder(stateDir));
    progress.step("frames, and their parts alone", measuredFrames);
    const timings = await measureParts(rig, parts.measure, jpegs, (done) => progress.advance(done));
    parts.close();
    progress.step("frames in a row", frames);
    const soak = await soakFrames(rig, jpegs, frames, (done) => progress.advance(done));
    progress.end();
    return summarise(timings, soak, frames);
  } finally {
    await rig.close();
  }
}

/** The daemon's parts on frames that are offered one by one. */
interface Rig {
  /** Offers a frame; resolves with the time from its offer to its decision, in ms. */
  readonly decide: (jpeg: Uint8Array) => Promise<number>;
  readonly rssBytes: () => number;
  readonly close: () => Promise<void>;
}

async function openRig(stateDir: string): Promise<Rig> {
  const config = defaultConfig();
  const folder = await mkdtemp(join(tmpdir(), "facelatch-bench-"));
  const store = openSqliteStore({
    path: join(folder, "events.sqlite"),
    bootId: "bench",
    retention: { ageMaxDays: 1, eventsMax: 10_000, logLinesMax: 1_000 },
    wallClock: () => new Date(),
  });
  const relay = new RecordedRelay({ limits: config.relay });
  const camera = new OfferedCamera();
  const vision = await openVision(config.vision, stateDir);
  const stop = new AbortController();
  let decided: ((look: Look) => void) | null = null;
  const pipeline = new Pipeline({
    camera,
    vision,
    relay,
    store,
    ownerLabel: vision.status().bundle?.ownerLabel ?? "",
    policy: policyOf(config),
    gallery: (bundle) => bundle.gallery,
    clock: () => ({ nowMs: performance.now(), minuteOfWeek: null }),
    frameIntervalMs: () => 0,
    frameWaitMs: 60_000,
    gapMinMs: 0,
    auditRequired: true,
    onError: (text) => process.stderr.write(`${text}\n`),
    onLook: (look) => decided?.(look),
  });
  await relay.start();
  const running = pipeline.run(stop.signal);
  return {
    decide: (jpeg) =>
      new Promise((resolve, reject) => {
        decided = ({ frame, analysis, decidedAtMs }) => {
          if (frame === null || analysis === null) reject(notAnalysed(vision.status().fault?.message));
          else resolve(decidedAtMs - frame.capturedAtMs);
        };
        camera.offer(jpeg);
      }),
    rssBytes: () => process.memoryUsage.rss() + (vision.status().rssBytes ?? 0),
    close: async () => {
      stop.abort();
      await running;
      await vision.stop();
      await relay.stop();
      store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function notAnalysed(found = "no answer"): FacelatchError {
  return new FacelatchError("VISION_UNAVAILABLE", {
    expected: "every frame of the scene analysed",
    found,
    next: "Run `facelatch demo` once and see whether it works.",
  });
}

async function openVision(limits: Config["vision"], stateDir: string): Promise<VisionProcess> {
  let settle: (fault: VisionStatus["fault"]) => void = () => {};
  const settled = new Promise<VisionStatus["fault"]>((resolve) => {
    settle = resolve;
  });
  const vision = new VisionProcess({
    ...limits,
    delegate: "auto",
    bundleFolder: () => currentBundleFolder(stateDir),
    onState: ({ state, fault }) => {
      if (state === "ready") settle(null);
      if (state === "refused" || state === "backoff") settle(fault);
    },
  });
  vision.start();
  const fault = await settled;
  if (fault === null) return vision;
  await vision.stop();
  throw notAnalysed(fault.message);
}

async function readFrames(path: string): Promise<Uint8Array[]> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the demo's scene at ${path}`,
      found: "no file",
      next: "Run the demo once: `npm start`, or name its folder with --state.",
      cause,
    });
  });
  return [...new JpegStream().push(bytes)];
}

type Measure = (jpeg: Uint8Array, withPlain: boolean) => Promise<Extract<PartsReply, { type: "measured" }>>;

async function openParts(bundleFolder: string): Promise<{ readonly measure: Measure; readonly close: () => void }> {
  const child = fork(siblingModule(import.meta.filename, "parts-worker"), [], { serialization: "advanced" });
  const ended = once(child, "exit").then(([code]: unknown[]): never => {
    throw new Error(`the measuring process ended with exit code ${String(code)}`);
  });
  // Handled by whoever asks; its own end after the last question is no failure.
  ended.catch(() => undefined);
  const ask = async (request: PartsRequest): Promise<PartsReply> => {
    const answered = new Promise<PartsReply>((resolve) => child.once("message", resolve));
    child.send(request);
    return Promise.race([answered, ended]);
  };
  await ask({ type: "start", bundleFolder });
  return {
    measure: async (jpeg, withPlain) => {
      const reply = await ask({ type: "measure", jpeg, withPlain });
      if (reply.type !== "measured") throw new Error("the measuring process answered out of turn");
      return reply;
    },
    close: () => child.disconnect(),
  };
}

interface Timings {
  readonly frameMs: number[];
  readonly steps: StepsMs[];
  readonly xnnpackMs: number[];
  readonly plainMs: number[];
}

/** Frame by frame: through the pipeline, then its parts alone, so that both see the same noise of the machine. */
async function measureParts(
  rig: Rig,
  measure: Measure,
  jpegs: readonly Uint8Array[],
  onFrame: (done: number) => void,
): Promise<Timings> {
  const timings: Timings = { frameMs: [], steps: [], xnnpackMs: [], plainMs: [] };
  for (let i = -warmUpFrames; i < measuredFrames; i++) {
    const jpeg = jpegs[(i + warmUpFrames) % jpegs.length]!;
    const frameMs = await rig.decide(jpeg);
    const parts = await measure(jpeg, i % plainEvery === 0);
    if (i < 0) continue;
    timings.frameMs.push(frameMs);
    timings.steps.push(parts.steps);
    timings.xnnpackMs.push(parts.xnnpackMs);
    if (parts.plainMs !== null) timings.plainMs.push(parts.plainMs);
    onFrame(i + 1);
  }
  return timings;
}

interface Soak {
  readonly loopLagMs: Percentiles;
  readonly rssAtFirst: number;
  readonly rssAtEnd: number;
}

async function soakFrames(
  rig: Rig,
  jpegs: readonly Uint8Array[],
  frames: number,
  onFrame: (done: number) => void,
): Promise<Soak> {
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  let rssAtFirst = 0;
  const before = measuredFrames + warmUpFrames;
  const first = Math.max(before, Math.min(firstMemoryAt, Math.floor(frames / 2)));
  for (let done = before; done < frames; done++) {
    if (done === first) rssAtFirst = rig.rssBytes();
    await rig.decide(jpegs[done % jpegs.length]!);
    if (done % 50 === 0) onFrame(done);
  }
  onFrame(frames);
  lag.disable();
  const lagMs = (percentile: number) => Math.round(lag.percentile(percentile) / 1e3) / 1e3;
  return { loopLagMs: { p50: lagMs(50), p90: lagMs(90), p99: lagMs(99) }, rssAtFirst, rssAtEnd: rig.rssBytes() };
}

function summarise(timings: Timings, soak: Soak, frames: number): BenchResult {
  const frameToDecisionMs = percentilesOf(timings.frameMs);
  const { steps } = timings;
  const inferenceOf = ({ detect, verify, classify }: StepsMs) => detect + verify + classify;
  const stepsMs = (value: (step: StepsMs) => number) => percentilesOf(steps.map(value));
  const xnnpack = percentilesOf(timings.xnnpackMs);
  const plain = percentilesOf(timings.plainMs);
  const ratio = (a: number, b: number) => Math.round((a / b) * 1000) / 1000;
  return {
    frameToDecisionMs,
    partsMs: {
      decode: stepsMs(({ decode }) => decode),
      detect: stepsMs(({ detect }) => detect),
      verify: stepsMs(({ verify }) => verify),
      classify: stepsMs(({ classify }) => classify),
      inference: stepsMs(inferenceOf),
    },
    overheadRatio: ratio(frameToDecisionMs.p50, stepsMs((step) => step.decode + inferenceOf(step)).p50),
    engineMs: { xnnpack, plain },
    speedup: ratio(plain.p50, xnnpack.p50),
    loopLagMs: soak.loopLagMs,
    rssBytes: { at1000: soak.rssAtFirst, at20000: soak.rssAtEnd },
    rssRatio: ratio(soak.rssAtEnd, soak.rssAtFirst),
    frames,
  };
}

export function describeBench(result: BenchResult): string {
  const times = ({ p50, p90, p99 }: Percentiles) =>
    `p50 ${p50.toFixed(2)}, p90 ${p90.toFixed(2)}, p99 ${p99.toFixed(2)} ms`;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return [
    `frame to decision   ${times(result.frameToDecisionMs)}`,
    `  decoding alone    ${times(result.partsMs.decode)}`,
    `  detection alone   ${times(result.partsMs.detect)}`,
    `  verification      ${times(result.partsMs.verify)}`,
    `  classification    ${times(result.partsMs.classify)}`,
    `  overhead ratio    ${result.overheadRatio.toFixed(2)}`,
    `plain engine        ${times(result.engineMs.plain)}: ${result.speedup.toFixed(1)} times slower`,
    `event loop          ${times(result.loopLagMs)}`,
    `memory              ${megabytes(result.rssBytes.at1000)} after the first frames, ${megabytes(result.rssBytes.at20000)} after ${result.frames}: ${result.rssRatio.toFixed(3)}`,
  ].join("\n");
}
