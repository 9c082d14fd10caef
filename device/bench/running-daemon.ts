// The daemon itself, as a benchmark's child: on the bundle in use, before a recording, with a recorded relay.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import type { StatusReport } from "../api/api.ts";
import { FacelatchError } from "../errors/errors.ts";
import { packageRoot, siblingModule } from "../installation/installation.ts";
import { currentBundleFolder } from "../slots/slots.ts";
import type { MemoryLeft } from "./memory-probe.ts";

export interface DaemonSetup {
  /** Holds the bundle in use. */
  readonly stateDir: string;
  readonly camera: {
    /** JPEGs, one after another; shown again and again. */
    readonly recording: Uint8Array;
    readonly framesPerSecond: number;
  };
}

export interface RunningDaemon {
  readonly url: string;
  readonly pid: number;
  readonly status: () => Promise<StatusReport>;
  /** What is in use once its garbage was collected. */
  readonly memory: () => Promise<MemoryLeft>;
}

const startMs = 60_000;
/** The first seconds compile code and warm the models up. */
const settleMs = 3_000;
const stopMs = 10_000;
const answerMs = 10_000;

/** Throws BUNDLE_MISSING where the demo has not run, VISION_UNAVAILABLE when the daemon does not come up. */
export async function withDaemon<T>(
  { stateDir, camera }: DaemonSetup,
  use: (daemon: RunningDaemon) => Promise<T>,
): Promise<T> {
  const bundle = currentBundleFolder(stateDir);
  const folder = await mkdtemp(join(tmpdir(), "facelatch-bench-"));
  try {
    const recording = join(folder, "frames.mjpeg");
    await writeFile(recording, camera.recording);
    await mkdir(join(folder, "state"));
    await symlink(await realpath(bundle).catch(noBundle), join(folder, "state/current"));
    const { ownerLabel } = JSON.parse(await readFile(join(bundle, "manifest.json"), "utf8")) as { ownerLabel: string };
    const configPath = join(folder, "facelatch.yaml");
    const settings = {
      owner: { label: ownerLabel },
      stateDir: join(folder, "state"),
      camera: { kind: "replay", path: recording, framesPerSecond: camera.framesPerSecond, loop: true },
      relay: { kind: "recorded" },
      api: { host: "127.0.0.1", port: 0, openOnLoopback: true },
    };
    await writeFile(configPath, stringify(settings));
    return await run(configPath, use);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run<T>(configPath: string, use: (daemon: RunningDaemon) => Promise<T>): Promise<T> {
  const program = join(packageRoot, "dist/facelatch.js");
  const probe = pathToFileURL(siblingModule(import.meta.filename, "memory-probe")).href;
  const child = spawn(process.execPath, ["--expose-gc", "--import", probe, program, "daemon", "--config", configPath], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.once("exit", (code) => reject(notReady(`a daemon that ended with exit code ${code}`)));
      const notListening = () => reject(notReady("a daemon that does not listen"));
      AbortSignal.timeout(startMs).addEventListener("abort", notListening);
      let output = "";
      // Read to the end, so that the daemon never waits for its terminal.
      child.stdout!.setEncoding("utf8").on("data", (text: string) => {
        if (output.length < 64 * 1024) output += text;
        const address = /Server listening at (http:\/\/[0-9.:]+)/.exec(output)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    const status = async () => {
      const response = await fetch(`${url}/v1/status`, { signal: AbortSignal.timeout(answerMs) });
      return (await response.json()) as StatusReport;
    };
    await untilReady(status);
    await wait(settleMs);
    const memory = async () => {
      const told = once(child, "message", { signal: AbortSignal.timeout(answerMs) });
      child.send("collect");
      return (await told)[0] as MemoryLeft;
    };
    return await use({ url, pid: child.pid!, status, memory });
  } finally {
    const exited = child.exitCode === null ? once(child, "exit") : null;
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), stopMs);
    await exited;
    clearTimeout(killer);
  }
}

async function untilReady(status: RunningDaemon["status"]): Promise<void> {
  const deadlineMs = performance.now() + startMs;
  for (;;) {
    const { state, vision } = await status();
    if (state === "ready") return;
    const refused = vision.state === "refused";
    if (refused || performance.now() > deadlineMs) throw notReady(vision.fault?.message ?? `a daemon that is ${state}`);
    await wait(200);
  }
}

function noBundle(cause: unknown): never {
  throw new FacelatchError("BUNDLE_MISSING", {
    expected: "a bundle in use",
    found: "none",
    next: "Run the demo once: `npm start`, or name its folder with --state.",
    cause,
  });
}

function notReady(found: string): FacelatchError {
  return new FacelatchError("VISION_UNAVAILABLE", {
    expected: "a daemon that watches the recording",
    found,
    next: "Run `facelatch demo` once and see whether it works.",
  });
}
