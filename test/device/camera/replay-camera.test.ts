import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setImmediate as turnOfTheEventLoop } from "node:timers/promises";
import { ReplayCamera, type ReplayCameraOptions, type ReplayClock } from "../../../device/camera/replay-camera.ts";
import { describeCamera } from "./camera-contract.ts";
import { realJpeg } from "./jpegs.ts";
import { until } from "./until.ts";

let folder = "";
let jpegs: Buffer[] = [];
const usual = { framesPerSecond: 200, loop: true, frozenAfterFrames: 10, backoffFirstMs: 5, backoffMaxMs: 20 } as const;
const deadline = (): AbortSignal => AbortSignal.timeout(10_000);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-replay-"));
  jpegs = await Promise.all([10, 20, 30, 40].map(realJpeg));
  await writeFile(join(folder, "walk.mjpeg"), Buffer.concat(jpegs));
  await mkdir(join(folder, "photos"));
  await Promise.all(
    jpegs.map((jpeg, i) => writeFile(join(folder, "photos", `${9 - i}.${i === 0 ? "JPEG" : "jpg"}`), jpeg)),
  );
  await writeFile(join(folder, "photos", "1.txt"), "no picture");
  await writeFile(join(folder, "photos", "2.jpg"), "no picture either");
});

// A camera that a failed test leaves behind would play for ever.
const cameras: ReplayCamera[] = [];
afterEach(() => Promise.all(cameras.splice(0).map((camera) => camera.stop())));

after(() => rm(folder, { recursive: true }));

function cameraOf(options: Partial<ReplayCameraOptions> & { path: string }): ReplayCamera {
  const camera = new ReplayCamera({ ...usual, ...options });
  cameras.push(camera);
  return camera;
}

describeCamera("a replayed file", async () => new ReplayCamera({ ...usual, path: join(folder, "walk.mjpeg") }));
describeCamera("a replayed folder", async () => new ReplayCamera({ ...usual, path: join(folder, "photos") }));

/** A clock on which waiting takes no time, and always a little longer than was asked for. */
function skippingClock(overshootMs: number): ReplayClock {
  let nowMs = 1_000;
  return {
    nowMs: () => nowMs,
    wait: async (durationMs, signal) => {
      signal.throwIfAborted();
      await turnOfTheEventLoop();
      nowMs += durationMs + overshootMs;
    },
  };
}

/** Plays a recording once, taking every frame that comes. */
async function playOnce(
  path: string,
  clock: ReplayClock,
): Promise<{ camera: ReplayCamera; frames: Buffer[]; atMs: number[] }> {
  const ended = new AbortController();
  const onEnd = (): void => ended.abort();
  const camera = cameraOf({ path, framesPerSecond: 10, loop: false, clock, onEnd });
  camera.start();
  const frames: Buffer[] = [];
  const atMs: number[] = [];
  try {
    for (;;) {
      const frame = await camera.next(ended.signal);
      frames.push(Buffer.from(frame.jpeg));
      atMs.push(frame.capturedAtMs);
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  }
  return { camera, frames, atMs };
}

test("a folder's photos come in the order of their names; other files do not", async () => {
  const { camera, frames } = await playOnce(join(folder, "photos"), skippingClock(0));
  assert.deepEqual(frames, [...jpegs].reverse());
  assert.equal(camera.status().bytesDiscarded, "no picture either".length);
  await camera.stop();
});

test("delays do not add up: every frame keeps its place in the schedule", async () => {
  const { camera, atMs } = await playOnce(join(folder, "walk.mjpeg"), skippingClock(7));
  assert.deepEqual(atMs, [1_000, 1_107, 1_207, 1_307]);
  await camera.stop();
});

test("a replay that was held up for long goes on from now", async () => {
  const { camera, atMs } = await playOnce(join(folder, "walk.mjpeg"), skippingClock(5_000));
  assert.deepEqual(atMs, [1_000, 6_100, 6_100, 11_200]);
  await camera.stop();
});

test("the end of a recording that does not loop is a camera that delivers no more", async () => {
  const { camera } = await playOnce(join(folder, "walk.mjpeg"), skippingClock(0));
  const { state, fault, framesTotal } = camera.status();
  assert.deepEqual([state, framesTotal, fault?.code], ["failed", 4, "CAMERA_UNAVAILABLE"]);
  assert.match(fault!.message, /end, after 4 frames/);
  await camera.stop();
  assert.equal(camera.status().fault, null);
});

test("a recording that is missing is a fault, and is played as soon as it is there", async () => {
  const path = join(folder, "later.mjpeg");
  const camera = cameraOf({ path });
  camera.start();
  await until(() => camera.status().restarts >= 2, "two restarts");
  const { fault } = camera.status();
  assert.equal(fault?.code, "CAMERA_UNAVAILABLE");
  assert.match(fault!.message, /ENOENT.*next attempt is in \d+ ms/);
  await writeFile(path, Buffer.concat(jpegs));
  assert.equal((await camera.next(deadline())).seq, 1);
  assert.equal(camera.status().fault, null);
  await camera.stop();
});

test("a recording without a JPEG is a fault", async () => {
  const path = join(folder, "empty.mjpeg");
  await writeFile(path, "no picture");
  const camera = cameraOf({ path });
  camera.start();
  await until(() => camera.status().fault !== null, "a fault");
  assert.match(camera.status().fault!.message, /no JPEG/);
  await camera.stop();
});

test("one picture over and over is a frozen camera, unless that is wanted", async () => {
  const path = join(folder, "still.mjpeg");
  await writeFile(path, jpegs[0]!);
  const camera = cameraOf({ path, frozenAfterFrames: 3 });
  camera.start();
  await until(() => camera.status().fault !== null, "a fault");
  assert.equal(camera.status().fault!.code, "CAMERA_FROZEN");
  assert.equal(camera.status().state, "running");
  await camera.stop();
  const wanted = cameraOf({ path, frozenAfterFrames: Number.POSITIVE_INFINITY });
  wanted.start();
  await until(() => wanted.status().framesTotal > 20, "many frames");
  assert.equal(wanted.status().fault, null);
  await wanted.stop();
});
