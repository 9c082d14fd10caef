// The camera's rows of the fault table, each in the real daemon: what the status says, and that the door opens again.
import assert from "node:assert/strict";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { packageRoot } from "../../../device/installation/installation.ts";
import { FaultReport } from "../../fixtures/fault-report.ts";
import { goThrough } from "../../fixtures/injected-fault.ts";
import { truncated } from "../../fixtures/portraits.ts";
import {
  causesOf,
  framesOfOwner,
  makeWorkingSite,
  RealDaemon,
  record,
  type Site,
  writeConfig,
} from "../../fixtures/real-daemon.ts";
import { blurred, framesOf, place, type Scene } from "../../fixtures/scenes.ts";

const report = new FaultReport("camera");

/** A door with a V4L2 camera, whose ffmpeg is a program that plays the site's recording. */
async function makeDoor(t: TestContext): Promise<{ site: Site; daemon: RealDaemon }> {
  const site = await makeWorkingSite(t);
  const ffmpegPath = join(site.folder, "ffmpeg");
  const program = join(packageRoot, "dist/test/fixtures/camera-program.js");
  await writeFile(ffmpegPath, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${site.folder}'\n`);
  await chmod(ffmpegPath, 0o755);
  const camera = { kind: "v4l2", path: undefined, ffmpegPath, obstructedAfterMs: 1_000 };
  await writeConfig(site, { camera });
  return { site, daemon: RealDaemon.start(t, site) };
}

const setMode = ({ folder }: Site, mode: string) => writeFile(join(folder, "camera-mode"), mode);
const plugIn = ({ folder }: Site) => rm(join(folder, "camera-mode"));

const black: Scene = { lumas: new Float64Array(40 * 30).fill(5), widthPx: 40, heightPx: 30 };

test("a camera that is unplugged, and plugged in again", async (t) => {
  const { site, daemon } = await makeDoor(t);
  const status = await goThrough(
    daemon,
    {
      fault: "camera unplugged",
      code: "CAMERA_UNAVAILABLE",
      reason: "camera_fault",
      inject: () => setMode(site, "unplugged"),
      mend: () => plugIn(site),
    },
    report,
  );
  assert.match(status.camera.fault!.message, /No such device/);
});

test("a camera that shows a frame in ten seconds", async (t) => {
  const { site, daemon } = await makeDoor(t);
  await goThrough(
    daemon,
    {
      fault: "one frame in 10 s",
      code: "CAMERA_UNAVAILABLE",
      reason: "camera_fault",
      inject: () => setMode(site, "slow"),
      mend: () => plugIn(site),
      watchMs: 12_000,
      isIntermittent: true,
    },
    report,
  );
});

test("pictures that say nothing, one kind after the other", async (t) => {
  const { site, daemon } = await makeDoor(t);
  const owner = await framesOfOwner();
  const mend = () => record(site, owner);
  const rows = [
    { fault: "camera frozen", code: "CAMERA_FROZEN", reason: "frozen_camera", frames: [owner[0]!] },
    { fault: "camera black", code: "CAMERA_BLACK", reason: "camera_black", frames: await framesOf(black) },
    {
      fault: "camera covered",
      code: "CAMERA_COVERED",
      reason: "camera_covered",
      frames: await framesOf(blurred(place(3, 40, 30), 1 / 3)),
    },
    { fault: "corrupt JPEGs", code: "FRAME_INVALID", reason: "frame_invalid", frames: owner.map(truncated) },
    {
      fault: "another camera, of another size",
      code: "CAMERA_CHANGED",
      reason: "camera_changed",
      frames: await Promise.all(owner.map((jpeg) => sharp(jpeg).resize(352, 288, { fit: "fill" }).jpeg().toBuffer())),
    },
  ];
  for (const { frames, ...row } of rows) {
    await goThrough(daemon, { ...row, inject: () => record(site, frames), mend }, report);
  }
  const types = (await daemon.events()).filter(({ type }) => type.startsWith("camera."));
  for (const { code } of rows.filter(({ code: each }) => each !== "FRAME_INVALID")) {
    assert.ok(
      types.some(({ type, reason }) => type === "camera.fault" && reason === code),
      `${code} is an event`,
    );
  }
});

test("an owner in the dark is told that it is dark, and the camera is not said to be covered", async (t) => {
  const { site, daemon } = await makeDoor(t);
  await daemon.untilUnlocked("the owner is let in by day", 60_000);
  const night = await Promise.all(
    (await framesOfOwner()).map((jpeg) => sharp(jpeg).linear(0.12, 0).jpeg({ quality: 92 }).toBuffer()),
  );
  await record(site, night);
  const first = await daemon.until("a frame of the night", ({ decision, locked }) => {
    return locked && ["no_face", "too_dark"].includes(decision?.reason ?? "");
  });
  await daemon.until("four seconds of it", (status) => {
    assert.deepEqual(causesOf(status), []);
    return status.camera.framesTotal >= first.camera.framesTotal + 80;
  });
  await record(site, await framesOfOwner());
  await daemon.untilUnlocked("the owner is let in by day");
});
