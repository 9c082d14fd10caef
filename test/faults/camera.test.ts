// Frames that are broken, missing or always the same, under the real daemon.
import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { test } from "node:test";
import { truncated } from "../fixtures/portraits.ts";
import { causesOf, framesOfOwner, makeWorkingSite, RealDaemon, record, writeConfig } from "../fixtures/real-daemon.ts";

test("a truncated frame in the stream is refused, and the others open the door", async (t) => {
  const site = await makeWorkingSite(t);
  const frames = await framesOfOwner();
  await record(
    site,
    frames.map((jpeg, i) => (i % 10 === 9 ? truncated(jpeg) : jpeg)),
  );
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in between the broken frames");
  await daemon.until("a broken frame is refused", ({ decision }) => decision?.reason === "frame_invalid");
  const status = await daemon.untilUnlocked("the owner is let in after it");
  assert.equal(status.vision.restarts, 0);
  assert.equal(status.vision.fault, null);
});

test("a frame that was cut off and followed by the next one is dropped by the camera, and the others work", async (t) => {
  const site = await makeWorkingSite(t);
  const frames = await framesOfOwner();
  await record(
    site,
    frames.map((jpeg, i) => (i % 10 === 9 ? jpeg.subarray(0, Math.floor(jpeg.length / 2)) : jpeg)),
  );
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.untilUnlocked("the owner is let in");
  assert.ok(status.camera.bytesDiscarded > 0);
});

test("a stream of truncated frames alone never opens the door, until the camera delivers whole ones", async (t) => {
  const site = await makeWorkingSite(t);
  const frames = await framesOfOwner();
  await record(site, frames.map(truncated));
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.staysLocked("FRAME_INVALID", 40);
  assert.deepEqual([status.relay.pulses, status.counters.framesAnalysed], [0, 0]);
  assert.equal(status.vision.state, "ready");
  await record(site, frames);
  await daemon.untilUnlocked("the owner is let in");
});

test("a camera that is missing is named, and found when it appears", async (t) => {
  const site = await makeWorkingSite(t);
  await rename(site.recording, `${site.recording}.away`);
  const daemon = RealDaemon.start(t, site);
  await daemon.until("the missing frame counts as a fault", ({ decision }) => decision?.reason === "camera_fault");
  const status = await daemon.staysLocked("CAMERA_UNAVAILABLE", 0);
  assert.deepEqual([status.relay.pulses, status.camera.framesTotal], [0, 0]);
  await rename(`${site.recording}.away`, site.recording);
  const recovered = await daemon.untilUnlocked("the owner is let in");
  assert.equal(recovered.bootId, status.bootId);
});

test("a camera that repeats one picture of the owner never opens the door", async (t) => {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { camera: { frozenAfterFrames: 5 } });
  const [one, ...others] = await framesOfOwner();
  await record(site, [one!]);
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.staysLocked("CAMERA_FROZEN", 40);
  assert.equal(status.relay.pulses, 0);
  await daemon.until("a decision that names it", ({ decision }) => decision?.reason === "frozen_camera");
  await record(site, [one!, ...others]);
  const recovered = await daemon.untilUnlocked("the owner is let in");
  assert.deepEqual(causesOf(recovered), []);
});
