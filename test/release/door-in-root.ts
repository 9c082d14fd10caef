// The released daemon in a bare root, before a replayed camera and with a recorded relay: from install.sh to an opened door.
import assert from "node:assert/strict";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Release } from "../../deploy/release/release.ts";
import type { StatusReport } from "../../device/api/api.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { trustedKeysFolder } from "../../device/slots/trusted-keys.ts";
import { portraits } from "../fixtures/portraits.ts";
import { type Ending, goodBundle, RealDaemon } from "../fixtures/real-daemon.ts";
import { installUnasked, type SmallBundle } from "../fixtures/small-bundle.ts";
import { trustTestKey } from "../fixtures/test-keys.ts";
import type { BareRoot } from "./bare-root.ts";

const program = "/usr/local/bin/facelatch";

/** Unpacks and installs the archive as its README says. */
export async function installArchive(root: BareRoot, release: Release): Promise<void> {
  await copyFile(release.archive.path, join(root.folder, "tmp/release.tar.gz"));
  await root.mustRun("tar", "-xzf", "/tmp/release.tar.gz", "-C", "/tmp");
  const installed = await root.mustRun("sh", "-c", "exec /tmp/facelatch-*/install.sh --no-start");
  assert.match(installed.stdout, new RegExp(`installed ${release.id}`));
  await root.mustRun("sh", "-c", "rm -r /tmp/facelatch-* /tmp/release.tar.gz");
}

/** Emulated, on a busy machine. */
const startMaxMs = 400_000;

/** What the machine is fast enough for. */
export interface Pace {
  /** At a door 4 of 6 are asked for. */
  readonly framesNeeded: number;
  readonly framesWindow: number;
  /** False: the bundle is put in place as it is, because flashing refuses one whose frames take so long. */
  readonly flashes: boolean;
}

const nativePace: Pace = { framesNeeded: 3, framesWindow: 4, flashes: true };
/** An emulated processor takes seconds for a frame, so that several are never fresh together. */
export const emulatedPace: Pace = { framesNeeded: 1, framesWindow: 1, flashes: false };

/** Different pictures, so that none comes again while its like still counts. */
const framesInRecording = 61;

/** Everything waits longer than at a door. */
const settingsWith = ({ framesNeeded, framesWindow }: Pace) => ({
  camera: {
    kind: "replay",
    path: "/tmp/frames.mjpeg",
    framesPerSecond: 1,
    stallTimeoutMs: 30_000,
    frozenAfterFrames: 100,
  },
  vision: { frameTimeoutMs: 60_000, startTimeoutMs: 300_000 },
  decision: {
    ...{ framesNeeded, framesWindow, cooldownMs: 200 },
    ...{ frameAgeMaxMs: 10_000, evidenceAgeMaxMs: 30_000, presenceGapMaxMs: 30_000 },
  },
  relay: { kind: "recorded", pulseMs: 50, gapMinMs: 0 },
  api: { host: "127.0.0.1", port: 0, openOnLoopback: true },
  stateDir: "/var/lib/facelatch",
});

/** Brings a bundle in, and starts the daemon on it; it ends with the test. */
export async function openDoor(t: Ending, root: BareRoot, command = program, pace = nativePace): Promise<StatusReport> {
  const stateDir = join(root.folder, "var/lib/facelatch");
  await mkdir(stateDir, { recursive: true });
  await writeFile(join(root.folder, "tmp/frames.mjpeg"), Buffer.concat(await portraits("owner", framesInRecording)));
  await writeFile(join(root.folder, "tmp/door.yaml"), stringify(settingsWith(pace)));
  const bundle = await goodBundle();
  if (pace.flashes) await flash(root, command, bundle);
  else await installUnasked(stateDir, bundle);
  const daemon = new RealDaemon("/tmp/door.yaml", root.enter, [command]);
  t.after(() => daemon.end());
  await daemon.until("the daemon answers", () => true, startMaxMs);
  await daemon.until("the models are loaded", ({ vision }) => vision.state === "ready", startMaxMs);
  const status = await daemon.untilUnlocked("the demo's owner is let in", startMaxMs);
  assert.equal(status.bundle?.sha256, bundle.sha256);
  assert.equal(status.vision.engine, "xnnpack");
  assert.deepEqual(status.causes, []);
  const page = await daemon.get("/");
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<script type="module"/);
  assert.equal((await daemon.get("/page/app.js")).status, 200);
  assert.equal((await daemon.get("/page/vendor/standalone.module.js")).status, 200);
  return status;
}

/** By the released command; it stays on trial, as no daemon is there yet. */
async function flash(root: BareRoot, command: string, { files, sha256 }: SmallBundle): Promise<void> {
  const stateDir = "/var/lib/facelatch";
  await trustTestKey(trustedKeysFolder(join(root.folder, stateDir)));
  await writeFile(join(root.folder, "tmp/bundle.tar"), await packArchive(files));
  const options = ["--state", stateDir, "--yes", "--no-wait", "--json"];
  const flashed = (await root.mustRun(command, "flash", "/tmp/bundle.tar", ...options)).json();
  assert.equal(flashed["outcome"], "on-trial");
  assert.equal((flashed["bundle"] as { sha256: string }).sha256, sha256);
}
