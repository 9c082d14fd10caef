// The released daemon in a bare root, before a replayed camera and with a recorded relay: from install.sh to an opened door.
import assert from "node:assert/strict";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Release } from "../../deploy/release/release.ts";
import type { StatusReport } from "../../device/api/api.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { portraits } from "../fixtures/portraits.ts";
import { type Ending, goodBundle, RealDaemon } from "../fixtures/real-daemon.ts";
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

/** At a door 4 of 6 frames are asked for. */
export interface Evidence {
  readonly framesNeeded: number;
  readonly framesWindow: number;
}

/** Natively; an emulated processor takes seconds for a frame, so that several are never fresh together. */
const nativeEvidence: Evidence = { framesNeeded: 3, framesWindow: 4 };
export const emulatedEvidence: Evidence = { framesNeeded: 1, framesWindow: 1 };

/** Different pictures, so that none comes again while its like still counts. */
const framesInRecording = 61;

/** Everything waits longer than at a door. */
const settingsWith = (evidence: Evidence) => ({
  camera: {
    kind: "replay",
    path: "/tmp/frames.mjpeg",
    framesPerSecond: 1,
    stallTimeoutMs: 30_000,
    frozenAfterFrames: 100,
  },
  vision: { frameTimeoutMs: 60_000, startTimeoutMs: 300_000 },
  decision: {
    ...{ ...evidence, cooldownMs: 200 },
    ...{ frameAgeMaxMs: 10_000, evidenceAgeMaxMs: 30_000, presenceGapMaxMs: 30_000 },
  },
  relay: { kind: "recorded", pulseMs: 50, gapMinMs: 0 },
  api: { host: "127.0.0.1", port: 0 },
  stateDir: "/var/lib/facelatch",
});

/** Flashes a bundle with the released command, and starts the daemon on it; it ends with the test. */
export async function openDoor(
  t: Ending,
  root: BareRoot,
  command = program,
  evidence = nativeEvidence,
): Promise<StatusReport> {
  await mkdir(join(root.folder, "var/lib/facelatch"), { recursive: true });
  await writeFile(join(root.folder, "tmp/frames.mjpeg"), Buffer.concat(await portraits("owner", framesInRecording)));
  await writeFile(join(root.folder, "tmp/door.yaml"), stringify(settingsWith(evidence)));
  const bundle = await goodBundle();
  await writeFile(join(root.folder, "tmp/bundle.tar"), await packArchive(bundle.files));
  const flashed = await root.mustRun(command, "flash", "/tmp/bundle.tar", "--state", "/var/lib/facelatch", "--json");
  assert.equal(flashed.json()["installed"], bundle.sha256);
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
