// A view without a sight becomes a fault after its time; a camera of another shape or name at once, until it is back.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import sharp from "sharp";
import { frameShapeOf } from "../../../device/camera/frame-shape.ts";
import { ReplayCamera } from "../../../device/camera/replay-camera.ts";
import { videoIdentityOf } from "../../../device/camera/video-identity.ts";
import { WatchedCamera, type WatchedCameraOptions } from "../../../device/camera/watched-camera.ts";
import { describeCamera } from "./camera-contract.ts";
import { realJpeg } from "./jpegs.ts";
import { until } from "./until.ts";

let folder = "";
const cameras: WatchedCamera[] = [];
const deadline = (): AbortSignal => AbortSignal.timeout(10_000);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-watched-"));
  await record([10, 20, 30]);
});
afterEach(() => Promise.all(cameras.splice(0).map((camera) => camera.stop())));
after(() => rm(folder, { recursive: true }));

async function record(indices: readonly number[], widthPx = 32): Promise<void> {
  const frames = await Promise.all(
    indices.map(async (index) =>
      sharp(await realJpeg(index))
        .resize(widthPx, 24, { fit: "fill" })
        .jpeg()
        .toBuffer(),
    ),
  );
  await writeFile(join(folder, "next"), Buffer.concat(frames));
  await rename(join(folder, "next"), join(folder, "walk.mjpeg"));
}

function watched(options: Partial<WatchedCameraOptions> = {}): WatchedCamera {
  const limits = { framesPerSecond: 200, loop: true, frozenAfterFrames: 10, backoffFirstMs: 5, backoffMaxMs: 20 };
  const inner = new ReplayCamera({ path: join(folder, "walk.mjpeg"), ...limits });
  const camera = new WatchedCamera(inner, { obstructedAfterMs: 3_000, isOneShape: true, ...options });
  cameras.push(camera);
  return camera;
}

const codeOf = (camera: WatchedCamera) => camera.status().fault?.code ?? null;

describeCamera("a watched camera", async () => watched());

describe("the view of a watched camera", () => {
  async function running(options: Partial<WatchedCameraOptions> = {}): Promise<WatchedCamera> {
    const camera = watched(options);
    camera.start();
    await camera.next(deadline());
    return camera;
  }

  it("is a fault once it was black or covered for the whole time, named by what it is now", async () => {
    const camera = await running();
    camera.noteView("covered", 1_000);
    camera.noteView("covered", 3_999);
    assert.equal(codeOf(camera), null);
    camera.noteView("covered", 4_000);
    assert.equal(codeOf(camera), "CAMERA_COVERED");
    camera.noteView("black", 4_100);
    assert.equal(codeOf(camera), "CAMERA_BLACK");
  });

  it("is none as soon as one frame shows something, and the time begins anew", async () => {
    const camera = await running();
    camera.noteView("black", 0);
    camera.noteView("black", 3_000);
    camera.noteView(null, 3_100);
    assert.equal(codeOf(camera), null);
    camera.noteView("black", 3_200);
    camera.noteView("black", 6_100);
    assert.equal(codeOf(camera), null);
  });

  it("is never one where the setting says so, nor after a stop", async () => {
    const never = await running({ obstructedAfterMs: 0 });
    never.noteView("black", 0);
    never.noteView("black", 1e9);
    assert.equal(codeOf(never), null);
    const camera = await running();
    camera.noteView("black", 0);
    camera.noteView("black", 9_000);
    await camera.stop();
    assert.equal(codeOf(camera), null);
  });
});

describe("another camera", () => {
  it("is told by the shape of its pictures, until the first shape is back", async () => {
    const camera = watched();
    camera.start();
    await camera.next(deadline());
    assert.equal(codeOf(camera), null);
    await record([40, 50, 60], 48);
    await untilCode(camera, "CAMERA_CHANGED");
    assert.match(camera.status().fault!.message, /pictures of 32x24 px.*found pictures of 48x24 px/);
    await record([10, 20, 30]);
    await untilCode(camera, null);
  });

  it("is told also where it repeats one picture", async () => {
    const camera = watched();
    camera.start();
    await camera.next(deadline());
    await record([40], 48);
    await untilCode(camera, "CAMERA_CHANGED");
    const { framesTotal } = camera.status();
    await until(() => camera.status().framesTotal >= framesTotal + 20, "more than a frozen camera shows");
    assert.equal(codeOf(camera), "CAMERA_CHANGED");
    await record([10, 20, 30]);
  });

  it("is nothing to tell of where pictures may have any shape", async () => {
    const camera = watched({ isOneShape: false });
    camera.start();
    const { seq } = await camera.next(deadline());
    await record([40, 50, 60], 48);
    while ((await camera.next(deadline())).seq < seq + 10) assert.equal(codeOf(camera), null);
    await record([10, 20, 30]);
  });

  it("is told by its name, asked for at each start", async () => {
    let name: string | null = "HD Webcam, 046d:0825";
    const camera = watched({ identity: () => name });
    camera.start();
    await camera.next(deadline());
    name = "Capture Card, 1b3f:2002";
    await restart(camera);
    await untilCode(camera, "CAMERA_CHANGED");
    assert.match(camera.status().fault!.message, /HD Webcam, 046d:0825.*Capture Card, 1b3f:2002/);
    name = "HD Webcam, 046d:0825";
    await restart(camera);
    await untilCode(camera, null);
    name = null;
    await restart(camera);
    await untilCode(camera, "CAMERA_CHANGED");
  });

  /** Takes frames until the fault is the one, or none. */
  async function untilCode(camera: WatchedCamera, code: string | null): Promise<void> {
    for (let frames = 0; codeOf(camera) !== code; frames++) {
      assert.ok(frames < 1_000, `it is ${codeOf(camera)} after ${frames} frames`);
      await camera.next(deadline());
    }
  }

  async function restart(camera: WatchedCamera): Promise<void> {
    const { restarts } = camera.status();
    await rename(join(folder, "walk.mjpeg"), join(folder, "away"));
    await until(() => camera.status().restarts > restarts, "a restart");
    await rename(join(folder, "away"), join(folder, "walk.mjpeg"));
    await until(() => camera.status().state === "running", "a camera that runs");
  }
});

describe("the shape of a JPEG", () => {
  it("is its size and its sampling", async () => {
    const jpeg = await realJpeg(1);
    assert.equal(frameShapeOf(jpeg), "32x24 px, sampled 22 11 11");
    const full = await sharp(jpeg).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer();
    assert.equal(frameShapeOf(full), "32x24 px, sampled 11 11 11");
    const progressive = await sharp(jpeg).toColourspace("b-w").jpeg({ progressive: true }).toBuffer();
    assert.equal(frameShapeOf(progressive), "32x24 px, sampled 11");
  });

  it("is none of bytes that end too early", async () => {
    const jpeg = await realJpeg(1);
    const headerBytes = jpeg.indexOf(Uint8Array.of(0xff, 0xc0));
    for (let length = 0; length <= headerBytes; length++) assert.equal(frameShapeOf(jpeg.subarray(0, length)), null);
    assert.equal(frameShapeOf(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff)), null);
  });
});

describe("the identity of a video device", () => {
  it("is the driver's name, and the numbers of what is plugged in", async () => {
    const sys = join(folder, "sys");
    const plugged = join(sys, "devices/usb1/1-1");
    const card = join(plugged, "1-1:1.0/video4linux/video3");
    await mkdir(card, { recursive: true });
    await mkdir(join(sys, "class/video4linux"), { recursive: true });
    await symlink(card, join(sys, "class/video4linux/video3"));
    await symlink(join(plugged, "1-1:1.0"), join(card, "device"));
    await writeFile(join(card, "name"), "HD Webcam\n");
    const device = join(folder, "video3");
    await writeFile(device, "");
    await symlink(device, join(folder, "by-id"));
    assert.equal(videoIdentityOf(device, sys), "HD Webcam");
    for (const [name, text] of [
      ["idVendor", "046d"],
      ["idProduct", "0825"],
      ["serial", "2009"],
    ] as const) {
      await writeFile(join(plugged, name), `${text}\n`);
    }
    assert.equal(videoIdentityOf(join(folder, "by-id"), sys), "HD Webcam, 046d:0825, serial 2009");
    assert.equal(videoIdentityOf(join(folder, "video4"), sys), null);
  });
});
