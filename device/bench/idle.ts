// The benchmark of an empty room: what share of a core the real daemon and its vision process need while nobody is there.
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import sharp from "sharp";
import { type RunningDaemon, withDaemon } from "./running-daemon.ts";

export interface IdleOptions {
  /** Holds the bundle in use. */
  readonly stateDir: string;
  readonly seconds: number;
}

export interface IdleResult {
  readonly framesPerSecond: number;
  /** Of one core: daemon and vision process together. */
  readonly cpuShare: number;
  readonly daemonShare: number;
  readonly visionShare: number;
  readonly frames: number;
  /** Frames that the motion gate kept from the models. */
  readonly gated: number;
}

const frame = { widthPx: 1280, heightPx: 720, perSecond: 10, different: 20 } as const;
/** Of a pixel's level, either way: what a small sensor adds indoors. */
const noiseLevels = 6;
/** Linux counts a process's time in hundredths of a second for programs to read, on every architecture. */
const ticksPerSecond = 100;

/** Throws BUNDLE_MISSING where the demo has not run, VISION_UNAVAILABLE when the daemon does not come up. */
export async function benchIdle({ stateDir, seconds }: IdleOptions): Promise<IdleResult> {
  const camera = { recording: await emptyRoom(), framesPerSecond: frame.perSecond };
  return withDaemon({ stateDir, camera }, async (daemon) => {
    const before = await sample(daemon);
    await wait(seconds * 1000);
    return summarise(before, await sample(daemon));
  });
}

interface Sample {
  readonly atMs: number;
  readonly daemonSeconds: number;
  readonly visionSeconds: number;
  readonly frames: number;
  readonly gated: number;
}

async function sample(daemon: RunningDaemon): Promise<Sample> {
  const { vision } = await daemon.status();
  const [daemonSeconds, visionSeconds] = await Promise.all([cpuSeconds(daemon.pid), cpuSeconds(vision.pid)]);
  const { framesAnalysed: frames, framesStill: gated } = vision;
  return { atMs: performance.now(), daemonSeconds, visionSeconds, frames, gated };
}

function summarise(before: Sample, after: Sample): IdleResult {
  const seconds = (after.atMs - before.atMs) / 1000;
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  const daemon = (after.daemonSeconds - before.daemonSeconds) / seconds;
  const vision = (after.visionSeconds - before.visionSeconds) / seconds;
  const frames = after.frames - before.frames;
  return {
    framesPerSecond: round(frames / seconds),
    cpuShare: round(daemon + vision),
    daemonShare: round(daemon),
    visionShare: round(vision),
    frames,
    gated: after.gated - before.gated,
  };
}

/** User and system time of a process and its threads: fields 14 and 15 of proc(5)'s stat, in ticks. */
async function cpuSeconds(pid: number | null): Promise<number> {
  if (pid === null) throw new Error("the vision process is gone");
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name, which may hold spaces and brackets: count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Different frames of one room: wall, floor, a door and a picture, each frame with noise of its own. */
async function emptyRoom(): Promise<Buffer> {
  const { widthPx: width, heightPx: height } = frame;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="wall"><stop stop-color="#b9b2a4"/><stop offset="1" stop-color="#857f74"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#wall)"/><rect y="540" width="100%" height="180" fill="#5c4a3a"/>
    <rect x="760" y="130" width="220" height="430" fill="#6e5138"/><rect x="200" y="180" width="240" height="150" fill="#33566b"/>
  </svg>`;
  const pixels = await sharp(Buffer.from(drawing)).removeAlpha().raw().toBuffer();
  const frames: Buffer[] = [];
  let random = 1;
  for (let i = 0; i < frame.different; i++) {
    const noisy = Buffer.from(pixels);
    for (let at = 0; at < noisy.length; at += 3) {
      // A linear congruential generator (Numerical Recipes' constants): the same room on every run.
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const noise = (random / 2 ** 32 - 0.5) * 2 * noiseLevels;
      for (let k = at; k < at + 3; k++) noisy[k] = Math.min(255, Math.max(0, Math.round(noisy[k]! + noise)));
    }
    frames.push(
      await sharp(noisy, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 85 })
        .toBuffer(),
    );
  }
  return Buffer.concat(frames);
}

export function describeIdle(result: IdleResult): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    `nobody there        ${percent(result.cpuShare)} of a core at ${result.framesPerSecond.toFixed(1)} frames/s`,
    `  daemon            ${percent(result.daemonShare)}`,
    `  vision process    ${percent(result.visionShare)}`,
    `frames gated        ${result.gated} of ${result.frames}`,
  ].join("\n");
}
