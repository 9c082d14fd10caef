// The demo: train on the first start, then run the real daemon on a replayed scene and tell what happens.
import { type ChildProcess, spawn } from "node:child_process";
import { createPublicKey, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { makeKey, ringKeys, signingKeys } from "../../deploy/keys/keyring.ts";
import { trustKey } from "../../deploy/keys/trust-folder.ts";
import { LocalBoard } from "../../deploy/transport/local-board.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { openBundle } from "../../device/slots/open-bundle.ts";
import { currentBundleFolder } from "../../device/slots/slots.ts";
import { trustedKeysFolder } from "../../device/slots/trusted-keys.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { makeBundle } from "../bundle/make-bundle.ts";
import { train } from "../train.ts";
import { writeDemoDataset } from "./demo-dataset.ts";
import { readScene, type Scene, sceneFramesPath, writeScene } from "./demo-scene.ts";
import { followEvents } from "./event-stream.ts";
import { freePort } from "./free-port.ts";
import { type DemoResult, Tally } from "./tally.ts";

export interface DemoOptions {
  /** Keeps the data set, the run, the bundle and the daemon's store. */
  readonly stateDir: string;
  readonly ownerLabel: string;
  readonly port: number;
  /** Ends after this many passes of the scene; null runs until interrupted. */
  readonly passes: number | null;
  readonly progress: Progress;
  /** When the command started, on `performance.now()`'s clock. */
  readonly startedAtMs: number;
}

/** Runs the demo. Throws what training, bundling or the daemon throw. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const trainedNow = await ensureTrained(options);
  // Only from here on: a training that is interrupted ends at once, and the next start begins it anew.
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  const scene = await readScene(options.stateDir);
  const port = await freePort(options.port);
  const configPath = await writeDemoConfig(options, scene, port);
  const daemon = spawn(process.execPath, [join(packageRoot, "dist/facelatch.js"), "daemon", "--config", configPath], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const baseUrl = `http://127.0.0.1:${port}`;
  const { progress } = options;
  progress.say("");
  progress.say(`  Page  ${baseUrl}/`);
  progress.say(`  API   ${baseUrl}/v1/status   described at ${baseUrl}/openapi.json`);
  progress.say(`  State ${options.stateDir}`);
  progress.say("");
  try {
    return await watchDaemon(options, scene, daemon, baseUrl, trainedNow, interrupted.signal);
  } finally {
    await endDaemon(daemon);
  }
}

/** The demo shows nobody a print or a mask: so few photos save a quarter of its training. */
const defencePhotosMax = 64;

/** Trains, bundles and installs where no bundle is; returns whether it did. */
async function ensureTrained(options: DemoOptions): Promise<boolean> {
  const { stateDir, progress } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o750 });
  if ((await installedOwner(stateDir)) === options.ownerLabel) return false;
  progress.say(`First start: training on the demo's pictures (the owner is called ${options.ownerLabel}).`);
  const dataDir = join(stateDir, "demo-data");
  const runDir = join(stateDir, "demo-run");
  await rm(dataDir, { recursive: true, force: true });
  await rm(runDir, { recursive: true, force: true });
  await writeDemoDataset(dataDir, progress);
  await writeScene(stateDir, progress);
  const record = await train({
    dataDir,
    runDir,
    ownerLabel: options.ownerLabel,
    seed: 1,
    epochsMax: 40,
    patience: 10,
    // Each picture and its mirror image: a first start is not to be long.
    variants: 2,
    defencePhotosMax,
    progress,
  });
  progress.step("packing and installing the bundle", 1);
  const { archive, manifest } = await makeBundle(runDir, { keys: () => demoKeys(stateDir) });
  const archivePath = join(runDir, "bundle.tar");
  await writeFile(archivePath, archive);
  await (await LocalBoard.open({ state: stateDir })).install(archivePath);
  progress.advance(1, `${(archive.byteLength / 1e6).toFixed(1)} MB`);
  progress.say(
    `Trained in ${record.durationS.toFixed(0)} s: ${(100 * record.validationAccuracy.value).toFixed(1)} % of ${record.validationAccuracy.n} ` +
      `validation pictures right; the door opens from a score of ${manifest.thresholds.ownerScoreMin.toFixed(3)}.`,
  );
  return true;
}

/** The demo's own keys, made on the first start, and trusted by its own daemon alone. */
async function demoKeys(stateDir: string): Promise<KeyObject[]> {
  const folder = join(stateDir, "demo-keys");
  if ((await ringKeys(folder)).length === 0) await makeKey(folder, null);
  const keys = await signingKeys(folder, async () => "");
  for (const key of keys) await trustKey(trustedKeysFolder(stateDir), createPublicKey(key));
  return keys;
}

/** Whom the bundle in use was trained for; null without one that is whole. */
async function installedOwner(stateDir: string): Promise<string | null> {
  return openBundle(currentBundleFolder(stateDir)).then(
    ({ manifest }) => manifest.ownerLabel,
    () => null,
  );
}

async function writeDemoConfig(options: DemoOptions, scene: Scene, port: number): Promise<string> {
  const path = join(options.stateDir, "demo.yaml");
  const config = {
    owner: { label: options.ownerLabel },
    stateDir: options.stateDir,
    camera: {
      kind: "replay",
      path: sceneFramesPath(options.stateDir),
      framesPerSecond: scene.framesPerSecond,
      loop: true,
    },
    relay: { kind: "recorded" },
    api: { host: "127.0.0.1", port, openOnLoopback: true },
  };
  await writeFile(path, stringify(config));
  return path;
}

async function watchDaemon(
  options: DemoOptions,
  scene: Scene,
  daemon: ChildProcess,
  baseUrl: string,
  trainedNow: boolean,
  interrupted: AbortSignal,
): Promise<DemoResult> {
  const done = new AbortController();
  const stop = () => done.abort();
  interrupted.addEventListener("abort", stop, { once: true });
  let daemonEnded: FacelatchError | null = null;
  daemon.once("exit", (code, signal) => {
    if (!done.signal.aborted) daemonEnded = endedEarly(code, signal);
    stop();
  });
  const bootId = await bootIdOf(baseUrl, done.signal);
  const tally = new Tally(scene, options.startedAtMs, trainedNow);
  const passesDone =
    options.passes === null ? null : waitForPasses(baseUrl, scene, options.passes, done.signal).then(stop);
  for await (const event of followEvents(baseUrl, done.signal)) {
    // The stream begins with what earlier runs left in the store.
    if (event.bootId !== bootId) continue;
    const line = tally.add(event);
    if (line !== null) options.progress.say(line);
  }
  await passesDone;
  if (daemonEnded !== null) throw daemonEnded;
  return tally.result(options.passes ?? 0);
}

function endedEarly(code: number | null, signal: NodeJS.Signals | null): FacelatchError {
  return new FacelatchError("INTERNAL", {
    expected: "a daemon that runs",
    found: `one that ended with ${signal ?? `exit code ${code}`}`,
    next: "Its last words stand above.",
  });
}

const pollMs = 250;

/** Which run of the daemon answers; null when the signal aborts before one does. */
async function bootIdOf(baseUrl: string, signal: AbortSignal): Promise<string | null> {
  while (!signal.aborted) {
    const status = await statusOf(baseUrl);
    if (status !== null) return status.bootId;
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

/** Resolves when the camera has played so many whole passes. */
async function waitForPasses(baseUrl: string, scene: Scene, passes: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const status = await statusOf(baseUrl);
    if (status !== null && status.camera.framesTotal >= passes * scene.frames) return;
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

const statusTimeoutMs = 2_000;

interface DaemonStatus {
  readonly bootId: string;
  readonly camera: { readonly framesTotal: number };
}

/** Null while the daemon does not answer. */
async function statusOf(baseUrl: string): Promise<DaemonStatus | null> {
  try {
    const response = await fetch(`${baseUrl}/v1/status`, { signal: AbortSignal.timeout(statusTimeoutMs) });
    return response.ok ? ((await response.json()) as DaemonStatus) : null;
  } catch {
    // Not up yet, or going down; the daemon's own end is noticed by its process.
    return null;
  }
}

const endTimeoutMs = 8_000;

async function endDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = once(daemon, "exit");
  daemon.kill("SIGTERM");
  const killer = setTimeout(() => daemon.kill("SIGKILL"), endTimeoutMs);
  await exited;
  clearTimeout(killer);
}
