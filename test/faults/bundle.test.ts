// Bundles that are missing, damaged or wrong, under the real daemon: each check is named, and a good bundle is
// picked up without a restart.
import assert from "node:assert/strict";
import { readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { currentBundleFolder } from "../../device/slots/slots.ts";
import { seededRandom } from "../../training/seeded-random.ts";
import { goodBundle, install, makeSite, makeWorkingSite, RealDaemon } from "../fixtures/real-daemon.ts";
import { changedBundle, classifierFile } from "../fixtures/small-bundle.ts";

/** The camera shows the owner in so many frames before a fault counts as survived. */
const frames = 20;

function randomBytes(length: number): Uint8Array {
  const random = seededRandom(7);
  return Uint8Array.from({ length }, () => random.below(256));
}

test("a daemon without a usable bundle keeps the door locked and opens it once a good one is installed", async (t) => {
  const site = await makeSite(t);
  const good = await goodBundle();
  const daemon = RealDaemon.start(t, site);

  await t.test("no bundle at all", async () => {
    const status = await daemon.staysLocked("BUNDLE_MISSING", frames);
    assert.equal(status.relay.pulses, 0);
    assert.equal(status.bundle, null);
  });

  await t.test("a model of random bytes whose checksum holds", async () => {
    await install(site, changedBundle(good, { files: { [classifierFile]: randomBytes(2_000) } }));
    await daemon.staysLocked("MODEL_INVALID", frames);
  });

  await t.test("a model of random bytes behind the identifier of a model", async () => {
    const model = randomBytes(2_000);
    model.set(new TextEncoder().encode("TFL3"), 4);
    await install(site, changedBundle(good, { files: { [classifierFile]: model } }));
    await daemon.staysLocked("MODEL_INVALID", frames);
  });

  await t.test("a bundle that does not give its golden answers here", async () => {
    const wrong = changedBundle(good, {
      manifest: (manifest) => ({
        ...manifest,
        golden: manifest.golden.map((golden) => ({ ...golden, scores: golden.scores.toReversed() })),
      }),
    });
    await install(site, wrong);
    const status = await daemon.staysLocked("BUNDLE_GOLDEN_MISMATCH", frames);
    assert.equal(status.bundle, null);
  });

  await t.test("a bundle that was made for another owner", async () => {
    const label = "Erika";
    const other = changedBundle(good, {
      manifest: (manifest) => ({ ...manifest, ownerLabel: label, labels: [label, ...manifest.labels.slice(1)] }),
    });
    await install(site, other);
    const status = await daemon.staysLocked("BUNDLE_OWNER_MISMATCH", frames);
    assert.equal(status.decision?.reason, "bundle_missing");
    assert.match(status.causes[0]?.message ?? "", /"Erika".*"Markus"/);
  });

  await t.test("a good bundle", async () => {
    await install(site, good);
    const status = await daemon.untilUnlocked("the owner is let in");
    assert.equal(status.bundle?.sha256, good.sha256);
    const events = (await daemon.events()).map(({ type, reason }) => (reason === null ? type : `${type} ${reason}`));
    const loaded = events.lastIndexOf("bundle.loaded");
    assert.ok(events.indexOf("unlock.granted") > loaded, events.join(", "));
    const refusals = events.filter((event) => event.startsWith("bundle.refused"));
    assert.deepEqual(
      refusals.map((event) => event.split(" ")[1]),
      ["BUNDLE_MISSING", "MODEL_INVALID", "BUNDLE_GOLDEN_MISMATCH"],
    );
  });
});

test("a model that was damaged on the disk is refused by its checksum, until it is mended", async (t) => {
  const site = await makeWorkingSite(t);
  const daemon = RealDaemon.start(t, site);
  const { vision } = await daemon.untilUnlocked("the owner is let in before the fault");
  const path = join(await realpath(currentBundleFolder(site.stateDir)), classifierFile);
  const whole = await readFile(path);
  const damaged = Uint8Array.from(whole);
  damaged[Math.floor(whole.length / 2)]! ^= 1;
  await writeFile(path, damaged);
  // The models are read at each start of the vision process.
  process.kill(vision.pid!, "SIGKILL");
  const status = await daemon.staysLocked("BUNDLE_CHECKSUM_MISMATCH", frames);
  assert.match(status.causes[0]?.message ?? "", /classifier\.tflite/);
  await writeFile(path, whole);
  await daemon.untilUnlocked("the owner is let in again");
});

test("installing the same bundle again repairs a damaged slot", async (t) => {
  const site = await makeWorkingSite(t);
  const path = join(await realpath(currentBundleFolder(site.stateDir)), classifierFile);
  await writeFile(path, "rubbish");
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.staysLocked("BUNDLE_CHECKSUM_MISMATCH", frames);
  assert.equal(status.relay.pulses, 0);
  await install(site, await goodBundle());
  await daemon.untilUnlocked("the owner is let in");
});
