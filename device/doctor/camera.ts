// The camera: its program is installed, its device is there, and it delivers pictures that show something.
import { delimiter, join } from "node:path";
import { openCamera } from "../adapters/at-the-door.ts";
import type { Frame } from "../camera/camera.ts";
import type { Config } from "../config/config.ts";
import { isDaemonListening } from "../daemon/run/daemon-listening.ts";
import { messageOf } from "../errors/errors.ts";
import { lookAtPicture } from "../photos/look-at-picture.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

/** Exposure settles, and a network camera takes its time to begin. */
const firstFrameMs = 20_000;
const furtherFrameMs = 5_000;
const framesTaken = 5;

export async function checkCamera(place: Place): Promise<Finding[]> {
  if (place.config === null) return [];
  const { camera, api } = place.config;
  const findings = [...checkProgram(place, camera), ...checkDevice(place, camera)];
  if (!place.isLive || findings.some(({ level }) => level === "error")) return findings;
  // A camera has one user at a time.
  if (await isDaemonListening(api)) {
    return [...findings, ok("The running daemon has the camera: /v1/status and the page tell how it is.")];
  }
  return [...findings, ...(await checkFrames(camera))];
}

function checkProgram({ stat, isLive }: Place, camera: Config["camera"]): Finding[] {
  const programs: Readonly<Record<Config["camera"]["kind"], readonly string[]>> = {
    rpicam: ["rpicam-vid", "libcamera-vid"],
    v4l2: "ffmpegPath" in camera ? [camera.ffmpegPath] : [],
    rtsp: "ffmpegPath" in camera ? [camera.ffmpegPath] : [],
    video: "ffmpegPath" in camera ? [camera.ffmpegPath] : [],
    replay: [],
  };
  const names = programs[camera.kind];
  if (names.length === 0) return [];
  const folders = isLive ? (process.env["PATH"] ?? "").split(delimiter) : ["/usr/local/bin", "/usr/bin", "/bin"];
  const found = names.find((name) =>
    name.includes("/") ? stat(name) !== null : folders.some((folder) => stat(join(folder, name)) !== null),
  );
  if (found !== undefined) return [ok(`${found} is installed.`)];
  const packageName = camera.kind === "rpicam" ? "rpicam-apps" : "ffmpeg";
  return [error(`There is no program ${names.join(" or ")}.`, `sudo apt install ${packageName}`)];
}

function checkDevice({ stat }: Place, camera: Config["camera"]): Finding[] {
  if (camera.kind === "replay" || camera.kind === "video") {
    const source = `The camera is a recording (${camera.path}), not a camera.`;
    return [warning(source, "Set camera.kind to rpicam, v4l2 or rtsp for a door.")];
  }
  if (camera.kind !== "v4l2") return [];
  if (stat(camera.device) !== null) return [ok(`${camera.device} is there.`)];
  const next = "Plug the camera in; `ls -l /dev/v4l/by-id` lists those that are there.";
  return [error(`There is no ${camera.device}.`, next)];
}

async function checkFrames(settings: Config["camera"]): Promise<Finding[]> {
  const camera = openCamera(settings);
  const next = "Check the cable and the settings; `facelatch daemon` tries it again and again.";
  camera.start();
  try {
    const frames: Frame[] = [];
    for (let i = 0; i < framesTaken; i++) {
      const waitMs = i === 0 ? firstFrameMs : furtherFrameMs;
      frames.push(await camera.next(AbortSignal.timeout(waitMs)));
    }
    return await checkPictures(frames);
  } catch (thrown) {
    return [error(camera.status().fault?.message ?? `No frame came: ${messageOf(thrown)}`, next)];
  } finally {
    await camera.stop();
  }
}

async function checkPictures(frames: readonly Frame[]): Promise<Finding[]> {
  const last = frames.at(-1)!;
  const { widthPx, heightPx, obstruction } = await lookAtPicture(last.jpeg);
  const findings = [ok(`It delivers pictures of ${widthPx} x ${heightPx} px.`)];
  if (new Set(frames.map(({ digest }) => digest)).size === 1) {
    findings.push(error("All its pictures are the same.", "Disconnect the camera and connect it again."));
  }
  if (obstruction === "black") findings.push(warning("Its pictures are black.", "Uncover the lens, or give light."));
  if (obstruction === "covered") {
    findings.push(warning("Nothing in its pictures is in focus.", "Uncover and clean the lens, and focus it."));
  }
  return findings;
}
