// The schema of the camera's settings.
import Type from "typebox";
import { oneOfKinds, path, pathOptions, section, toggle, wholeNumber } from "./schema-kit.ts";

const ffmpegPath = Type.String({ description: "The ffmpeg program.", ...pathOptions, default: "ffmpeg" });
const framesPerSecond = wholeNumber("Frames asked of the camera each second.", 1, 60, 10);
const loop = toggle("Begin again at the end.", true);
const frameShape = {
  widthPx: wholeNumber("Width of a frame.", 64, 4096, 640),
  heightPx: wholeNumber("Height of a frame.", 64, 3072, 480),
  framesPerSecond,
  rotationDeg: Type.Enum([0, 180], { description: "180 for a camera mounted upside down.", default: 0 }),
};
const cameraLimits = {
  stallTimeoutMs: wholeNumber("Without a frame for this long, the camera is restarted.", 200, 60_000, 5000),
  frozenAfterFrames: wholeNumber("So many equal frames in a row mean that the camera is frozen.", 2, 1000, 10),
  obstructedAfterMs: wholeNumber(
    "A view without light, or without anything in focus, for so long is told as a fault; 0 for never.",
    0,
    3_600_000,
    5000,
  ),
};

export const cameraSchema = oneOfKinds("Where frames come from.", "rpicam", [
  section("The Raspberry Pi's camera, through rpicam-vid.", {
    kind: Type.Literal("rpicam"),
    ...frameShape,
    ...cameraLimits,
  }),
  section("A USB camera, through ffmpeg.", {
    kind: Type.Literal("v4l2"),
    device: Type.String({
      description: "The camera's device file.",
      pattern: "^/dev/(?!.*\\.\\.)[A-Za-z0-9/._:-]{1,128}$",
      expected: "a device file below /dev",
      default: "/dev/video0",
    }),
    inputFormat: Type.Enum(["mjpeg", "yuyv422"], { description: "What the camera delivers.", default: "mjpeg" }),
    ffmpegPath,
    ...frameShape,
    ...cameraLimits,
  }),
  section("A network camera, through ffmpeg.", {
    kind: Type.Literal("rtsp"),
    url: Type.String({
      description: "The camera's address; may hold its user name and password.",
      pattern: "^rtsps?://[!-~]{1,1000}$",
      expected: "an address that begins with rtsp:// or rtsps://",
      secret: true,
      examples: ["rtsp://camera.local/stream"],
    }),
    transport: Type.Enum(["tcp", "udp"], { description: "How the stream travels.", default: "tcp" }),
    ffmpegPath,
    ...frameShape,
    ...cameraLimits,
  }),
  section("A video file, through ffmpeg.", {
    kind: Type.Literal("video"),
    path: path("The video file.", "walk.mp4"),
    loop,
    ffmpegPath,
    ...frameShape,
    ...cameraLimits,
  }),
  section("Recorded frames.", {
    kind: Type.Literal("replay"),
    path: path("A .mjpeg file, or a folder of JPEG files.", "frames.mjpeg"),
    framesPerSecond,
    loop,
    ...cameraLimits,
  }),
]);
