import assert from "node:assert/strict";
import { test } from "node:test";
import {
  libcameraCommands,
  rtspCommand,
  type VideoShape,
  v4l2Command,
  videoFileCommand,
} from "../../../device/camera/camera-commands.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";

const shape: VideoShape = { widthPx: 640, heightPx: 480, framesPerSecond: 10, rotationDeg: 0 };

function invalid(error: unknown): boolean {
  return error instanceof FacelatchError && error.code === "CONFIG_INVALID";
}

test("libcamera's program is asked for endless MJPEG on standard output, by its new name and its old one", () => {
  const [present, former] = libcameraCommands({ ...shape, rotationDeg: 180 });
  assert.deepEqual([present.file, former.file], ["rpicam-vid", "libcamera-vid"]);
  assert.deepEqual(present.args, former.args);
  assert.equal(
    present.args.join(" "),
    "-t 0 -n --codec mjpeg --flush -o - --width 640 --height 480 --framerate 10 --rotation 180",
  );
});

test("a USB camera's MJPEG is passed on as it is, and encoded anew only where it must be", () => {
  const usb = { ...shape, device: "/dev/video0", inputFormat: "mjpeg" } as const;
  assert.equal(
    v4l2Command(usb).args.join(" "),
    "-nostdin -hide_banner -loglevel error -f v4l2 -input_format mjpeg -video_size 640x480 -framerate 10" +
      " -i /dev/video0 -an -c:v copy -flush_packets 1 -f mjpeg pipe:1",
  );
  assert.match(v4l2Command({ ...usb, rotationDeg: 180 }).args.join(" "), /-vf hflip,vflip -c:v mjpeg/);
  assert.match(v4l2Command({ ...usb, inputFormat: "yuyv422" }).args.join(" "), /-an -c:v mjpeg/);
});

test("a network camera's address is one argument, and its password is in no description", () => {
  const url = "rtsp://admin:geheim@10.0.0.8/live?a=1;reboot";
  const command = rtspCommand({ ...shape, url, transport: "tcp" });
  assert.equal(command.args[command.args.indexOf("-i") + 1], url);
  assert.equal(command.source, "stream rtsp://***@10.0.0.8/live?a=1;reboot, by ffmpeg");
});

test("a video is read as a file, whatever its name looks like", () => {
  const command = videoFileCommand({ ...shape, path: "http:x.mp4", loop: true, realTime: true });
  assert.match(command.args.join(" "), /-re -stream_loop -1 -protocol_whitelist file -i file:http:x\.mp4 /);
  const once = videoFileCommand({ ...shape, path: "x.mp4", loop: false, realTime: false, ffmpegFile: "/opt/ffmpeg" });
  assert.match(once.args.join(" "), /error -stream_loop 0 -protocol/);
  assert.equal(once.file, "/opt/ffmpeg");
});

test("what is no camera is refused with CONFIG_INVALID, without its password", () => {
  for (const device of ["video0", "/etc/passwd", "/dev/../etc/passwd", "/dev/video0 -y"]) {
    assert.throws(() => v4l2Command({ ...shape, device, inputFormat: "mjpeg" }), invalid);
  }
  for (const url of ["http://x/", "rtsp://", "rtsp://a b", "rtsp://x/\0", "-i", "file:///etc/passwd"]) {
    assert.throws(() => rtspCommand({ ...shape, url, transport: "tcp" }), invalid);
  }
  assert.throws(
    () => rtspCommand({ ...shape, url: "http://admin:geheim@x/", transport: "tcp" }),
    (error: Error) => invalid(error) && !error.message.includes("geheim"),
  );
  for (const wrong of [{ widthPx: 0 }, { heightPx: 1.5 }, { framesPerSecond: 0 }, { framesPerSecond: Number.NaN }]) {
    assert.throws(() => libcameraCommands({ ...shape, ...wrong }), invalid);
  }
});
