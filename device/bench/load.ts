// The benchmark of a busy API: what requests and streams cost the door, and what the door makes them wait.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { FacelatchError } from "../errors/errors.ts";
import { siblingModule } from "../installation/installation.ts";
import { terminalProgress } from "../terminal/progress.ts";
import type { LoadReply, LoadRequest } from "./load-worker.ts";
import { type Percentiles, percentilesOf } from "./percentiles.ts";
import { type RunningDaemon, withDaemon } from "./running-daemon.ts";

export interface LoadOptions {
  /** Holds the bundle in use and the demo's scene. */
  readonly stateDir: string;
  /** Turns of a quiet and a busy time, so that what else the machine does falls on both. */
  readonly rounds: number;
  /** How long each time is. */
  readonly seconds: number;
  /** So many requests follow, as fast as they are answered; what memory they leave in use is looked at. 0 leaves them out. */
  readonly requests: number;
}

export interface LoadResult {
  /** From a frame's arrival to its decision. */
  readonly frameToDecisionMs: { readonly quiet: Percentiles; readonly busy: Percentiles };
  /** p99 when busy over p99 when quiet. */
  readonly p99Ratio: number;
  /** From a request to the end of its answer, 50 a second beside 20 streams. */
  readonly apiMs: Percentiles;
  readonly requests: number;
  /** Answers other than 200. */
  readonly failures: number;
  /** Of the daemon, its garbage collected, before and after the requests in a row; null where there were none. */
  readonly memory: {
    readonly requests: number;
    readonly requestsPerSecond: number;
    readonly rssBytes: { readonly before: number; readonly after: number };
    readonly heapBytes: { readonly before: number; readonly after: number };
    /** Of what is resident. */
    readonly ratio: number;
  } | null;
}

const requestsPerSecond = 50;
const streams = 20;
const framesPerSecond = 10;
/** Until connections stand, and until what they left behind is gone. */
const settleMs = 1_000;
/** The first requests compile code and fill buffers. */
const warmUpRequests = 20_000;

/** Throws BUNDLE_MISSING or INPUT_MISSING where the demo has not run. */
export async function benchLoad({ stateDir, rounds, seconds, requests }: LoadOptions): Promise<LoadResult> {
  const recording = await readScene(stateDir);
  const progress = terminalProgress();
  return withDaemon({ stateDir, camera: { recording, framesPerSecond } }, async (daemon) => {
    const watch = await watchFrames(daemon.url);
    const worker = fork(siblingModule(import.meta.filename, "load-worker"), []);
    // Those who ask are on other machines: here they get what the door leaves of the processor.
    if (worker.pid !== undefined) setPriority(worker.pid, constants.priority.PRIORITY_LOW);
    try {
      const [quiet, busy, latenciesMs]: number[][] = [[], [], []];
      let failures = 0;
      progress.step("quiet and busy times", rounds);
      for (let round = 0; round < rounds; round++) {
        quiet!.push(...(await watch.during(seconds)));
        worker.send({ type: "begin", url: daemon.url, requestsPerSecond, streams } satisfies LoadRequest);
        await wait(settleMs);
        busy!.push(...(await watch.during(seconds)));
        const reply = await ask(worker, { type: "end" });
        latenciesMs!.push(...reply.latenciesMs);
        failures += reply.failures;
        await wait(settleMs);
        progress.advance(round + 1);
      }
      watch.end();
      const memory = requests === 0 ? null : await measureMemory(daemon, worker, requests);
      progress.end();
      const frames = { quiet: percentilesOf(quiet!), busy: percentilesOf(busy!) };
      return {
        frameToDecisionMs: frames,
        p99Ratio: round3(frames.busy.p99 / frames.quiet.p99),
        apiMs: percentilesOf(latenciesMs!),
        requests: latenciesMs!.length,
        failures: failures + (memory?.failures ?? 0),
        memory: memory?.figures ?? null,
      };
    } finally {
      worker.kill("SIGKILL");
    }
  });
}

const round3 = (value: number): number => Math.round(value * 1000) / 1000;

async function measureMemory(daemon: RunningDaemon, worker: ChildProcess, requests: number) {
  const warm = await ask(worker, { type: "count", url: daemon.url, requests: warmUpRequests });
  const before = await daemon.memory();
  const fromMs = performance.now();
  const counted = await ask(worker, { type: "count", url: daemon.url, requests });
  const seconds = (performance.now() - fromMs) / 1000;
  const after = await daemon.memory();
  const figures = {
    requests,
    requestsPerSecond: Math.round(requests / seconds),
    rssBytes: { before: before.rssBytes, after: after.rssBytes },
    heapBytes: { before: before.heapBytes, after: after.heapBytes },
    ratio: round3(after.rssBytes / before.rssBytes),
  };
  return { failures: counted.failures + warm.failures, figures };
}

async function ask(worker: ChildProcess, request: LoadRequest): Promise<LoadReply> {
  const answered = once(worker, "message");
  worker.send(request);
  return (await answered)[0] as LoadReply;
}

interface FrameWatch {
  /** How long each frame of the next seconds took, of those that the models saw. */
  readonly during: (seconds: number) => Promise<number[]>;
  readonly end: () => void;
}

/** Reads the live stream, in quiet times as well as in busy ones. */
async function watchFrames(url: string): Promise<FrameWatch> {
  const abort = new AbortController();
  const response = await fetch(`${url}/v1/live/stream`, { signal: abort.signal });
  let heard: number[] = [];
  let lastSeq = -1;
  const read = async (): Promise<void> => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        if (!line.startsWith("data: ")) continue;
        const { seq, decidedAfterMs, faces } = JSON.parse(line.slice(6)) as LiveLine;
        // A frame without a face may be one that the models were spared.
        if (seq > lastSeq && faces.length > 0) heard.push(decidedAfterMs);
        lastSeq = Math.max(lastSeq, seq);
      }
    }
  };
  read().catch(() => undefined);
  return {
    during: async (seconds) => {
      heard = [];
      await wait(seconds * 1000);
      return heard;
    },
    end: () => abort.abort(),
  };
}

interface LiveLine {
  readonly seq: number;
  readonly decidedAfterMs: number;
  readonly faces: readonly unknown[];
}

async function readScene(stateDir: string): Promise<Buffer> {
  const path = join(stateDir, "scene.mjpeg");
  return readFile(path).catch((cause: unknown) => {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the demo's scene at ${path}`,
      found: "no file",
      next: "Run the demo once: `npm start`, or name its folder with --state.",
      cause,
    });
  });
}

export function describeLoad({
  frameToDecisionMs: frames,
  p99Ratio,
  apiMs,
  requests,
  failures,
  memory,
}: LoadResult): string {
  const row = ({ p50, p90, p99 }: Percentiles) => [p50, p90, p99].map((ms) => ms.toFixed(1).padStart(7)).join(" ");
  return [
    "                         p50     p90     p99  ms",
    `frame, quiet         ${row(frames.quiet)}`,
    `frame, busy          ${row(frames.busy)}    p99 ${p99Ratio.toFixed(2)} times`,
    `request              ${row(apiMs)}    ${requests} requests, ${failures} failed`,
    ...(memory === null
      ? []
      : [
          `memory ${(memory.rssBytes.before / 1e6).toFixed(0)} -> ${(memory.rssBytes.after / 1e6).toFixed(0)} MB over ${memory.requests} requests at ${memory.requestsPerSecond}/s`,
        ]),
  ].join("\n");
}
