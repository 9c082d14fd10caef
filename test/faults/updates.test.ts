// Bundles that are signed and whole, and yet no good, under the real daemon: each is taken back without hands, with its
// reason kept, and the door opens again as before.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { StoredEvent } from "../../device/events/events.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { thisTarget } from "../../device/slots/compatibility.ts";
import { openUpdates, type UpdatesOptions } from "../../device/slots/open-updates.ts";
import { trustedKeysFolder } from "../../device/slots/trusted-keys.ts";
import type { UpdateStatus, Updates } from "../../device/slots/updates.ts";
import { checkInChild, checkLimits } from "../../device/vision/check-in-child.ts";
import { eventually } from "../fixtures/eventually.ts";
import { emptyRoom } from "../fixtures/portraits.ts";
import {
  framesOfOwner,
  goodBundle,
  makeWorkingSite,
  RealDaemon,
  record,
  type Site,
  writeConfig,
} from "../fixtures/real-daemon.ts";
import { changedBundle, makeSlowBundle, makeSmallBundle, type SmallBundle } from "../fixtures/small-bundle.ts";
import { trustTestKey } from "../fixtures/test-keys.ts";

/** Far more than the small models take, and far less than the slow one. */
const frameMaxMs = 50;

/** Several starts of the models, on a machine that may be busy. */
const deadlineMs = 120_000;

interface Ending {
  after(end: () => void | Promise<void>): void;
}

/** A site with a daemon that lets its owner in, and whose trials are short. */
async function makeUpdatedSite(t: Ending, updates: Readonly<Record<string, unknown>> = {}): Promise<Site> {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { updates: { trialFrames: 5, trialMs: 500, ...updates } });
  await trustTestKey(trustedKeysFolder(site.stateDir));
  return site;
}

/** What `facelatch flash` uses, in this process. */
async function updatesOf({ stateDir }: Site, accept: UpdatesOptions["accept"] = async () => {}): Promise<Updates> {
  return openUpdates({ stateDir, accept, trustedKeys: [trustedKeysFolder(stateDir)], target: await thisTarget() });
}

async function flash(site: Site, bundle: SmallBundle, accept?: UpdatesOptions["accept"]): Promise<void> {
  const path = join(site.folder, "update.tar");
  await writeFile(path, await packArchive(bundle.files));
  await (await updatesOf(site, accept)).install(path);
}

async function nextBundle(name: string): Promise<SmallBundle> {
  return changedBundle(await goodBundle(), { manifest: (m) => ({ ...m, name, seq: m.seq + 1 }) });
}

async function wrongBundle(): Promise<SmallBundle> {
  return changedBundle(await goodBundle(), {
    manifest: (m) => ({
      ...m,
      ...{ name: "Wrong", seq: m.seq + 1 },
      golden: m.golden.map((golden) => ({ ...golden, scores: golden.scores.toReversed() })),
    }),
  });
}

async function updateEvents(daemon: RealDaemon): Promise<StoredEvent[]> {
  return (await daemon.events()).filter(({ type }) => type.startsWith("update."));
}

/** Waits until the door works with the bundle before, and returns why the other one was taken back. */
async function untilTakenBack(site: Site, daemon: RealDaemon): Promise<StoredEvent> {
  const { sha256 } = await goodBundle();
  const updates = await updatesOf(site);
  const isReverted = ({ state }: UpdateStatus) => state === "reverted";
  const { reverted, current } = await eventually("it is taken back", () => updates.status(), isReverted, deadlineMs);
  assert.equal(current?.sha256, sha256);
  await daemon.until("the bundle before is in use", ({ bundle }) => bundle?.sha256 === sha256, deadlineMs);
  await daemon.untilUnlocked("the owner is let in again", deadlineMs);
  const event = (await updateEvents(daemon)).find(({ type }) => type === "update.reverted");
  assert.ok(event !== undefined, "no update.reverted among the events");
  assert.equal(event.reason, reverted?.reasonCode);
  return event;
}

test("a good bundle is taken up without a restart, proves itself, and is kept", async (t) => {
  const site = await makeUpdatedSite(t);
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before");
  const next = await nextBundle("Next");
  await flash(site, next, checkInChild);
  await daemon.until("the new bundle is in use", ({ bundle }) => bundle?.sha256 === next.sha256, deadlineMs);
  await daemon.untilUnlocked("the owner is let in by the new bundle");
  const types = async () => (await updateEvents(daemon)).map(({ type }) => type);
  await eventually("the trial's end", types, (told) => told.length === 2, deadlineMs);
  assert.deepEqual(await types(), ["update.trial", "update.confirmed"]);
  const status = await (await updatesOf(site)).status();
  assert.deepEqual([status.state, status.floorSeq], ["confirmed", next.manifest.seq]);
});

test("a bundle that infers wrongly is refused before the switch, and taken back where that was not asked", async (t) => {
  const site = await makeUpdatedSite(t);
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before");
  await assert.rejects(flash(site, await wrongBundle(), checkInChild), { code: "BUNDLE_GOLDEN_MISMATCH" });
  assert.equal((await (await updatesOf(site)).status()).state, "idle");
  await flash(site, await wrongBundle());
  const { reason, data } = await untilTakenBack(site, daemon);
  assert.deepEqual([reason, data["sha256"]], ["BUNDLE_GOLDEN_MISMATCH", (await wrongBundle()).sha256]);
});

test("a bundle that is too slow is refused before the switch, and taken back where that was not asked", async (t) => {
  const site = await makeUpdatedSite(t);
  // Slow is to be told from hanging, however busy this machine is.
  await writeConfig(site, {
    updates: { frameMaxMs, trialFrames: 200 },
    vision: { frameTimeoutMs: 60_000, startTimeoutMs: 120_000 },
  });
  const slow = await makeSlowBundle();
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before");
  const limited: UpdatesOptions["accept"] = (folder, manifest) =>
    checkInChild(folder, manifest, { ...checkLimits, startTimeoutMs: 120_000, frameMaxMs });
  await assert.rejects(flash(site, slow, limited), { code: "BUNDLE_TOO_SLOW" });
  await flash(site, slow);
  assert.equal((await untilTakenBack(site, daemon)).reason, "BUNDLE_TOO_SLOW");
});

test("a bundle that gives its golden answers, and none to what the camera shows, is taken back", async (t) => {
  const site = await makeUpdatedSite(t, { trialMs: 600_000 });
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before");
  const blinded = changedBundle(await makeSmallBundle(3e38), {
    manifest: (m) => ({ ...m, name: "Blinded", seq: m.seq + 1 }),
  });
  await flash(site, blinded, checkInChild);
  await daemon.until("it is in use", ({ bundle }) => bundle?.sha256 === blinded.sha256, deadlineMs);
  const reds = Array.from({ length: 20 }, (_, i) => emptyRoom(`rgb(${255 - i}, 0, 0)`));
  await record(site, await Promise.all(reds));
  const { sha256 } = await goodBundle();
  await daemon.until("the bundle before is in use", ({ bundle }) => bundle?.sha256 === sha256, deadlineMs);
  await record(site, await framesOfOwner());
  assert.equal((await untilTakenBack(site, daemon)).reason, "MODEL_INVALID");
});

test("a bundle with which the daemon ends again and again is taken back at the third start", async (t) => {
  const site = await makeUpdatedSite(t, { trialMs: 600_000, trialStartsMax: 2 });
  const next = await nextBundle("Next");
  await flash(site, next);
  for (let i = 0; i < 2; i++) {
    const daemon = RealDaemon.start(t, site);
    await daemon.until("the bundle on trial is in use", ({ bundle }) => bundle?.sha256 === next.sha256, deadlineMs);
    const ended = once(daemon.process, "exit");
    daemon.process.kill("SIGKILL");
    await ended;
  }
  const daemon = RealDaemon.start(t, site);
  const event = await untilTakenBack(site, daemon);
  assert.deepEqual([event.reason, event.data["sha256"]], ["TRIAL_RESTARTED", next.sha256]);
});

test("a bundle on trial survives that the daemon is stopped and started as often as anybody likes", async (t) => {
  const site = await makeUpdatedSite(t, { trialMs: 600_000, trialStartsMax: 1 });
  const next = await nextBundle("Next");
  await flash(site, next);
  for (let i = 0; i < 3; i++) {
    const daemon = RealDaemon.start(t, site);
    await daemon.until("the bundle on trial is in use", ({ bundle }) => bundle?.sha256 === next.sha256, deadlineMs);
    await daemon.end();
  }
  assert.equal((await (await updatesOf(site)).status()).state, "trial");
});
