// Where the owner's photos come from: stills of a Raspberry Pi's camera by node-libcamera, frames of any other.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openCamera } from "../adapters/at-the-door.ts";
import type { Camera } from "../camera/camera.ts";
import { captureStill } from "../camera/still-camera.ts";
import type { Config } from "../config/config.ts";
import { FacelatchError } from "../errors/errors.ts";

export interface PhotoSource {
  /** One JPEG, taken now. Throws CAMERA_UNAVAILABLE. */
  take(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Until exposure and white balance have settled. */
const settleMs = 500;
const frameWaitMs = 20_000;

export function openPhotoSource(camera: Config["camera"]): Promise<PhotoSource> {
  return camera.kind === "rpicam" ? openStills(camera) : Promise.resolve(openFrames(openCamera(camera)));
}

async function openStills({
  widthPx,
  heightPx,
  rotationDeg,
}: Extract<Config["camera"], { kind: "rpicam" }>): Promise<PhotoSource> {
  const folder = await mkdtemp(join(resolve(tmpdir()), "facelatch-photos-"));
  return {
    take: () => captureStill({ widthPx, heightPx, rotationDeg, settleMs }, join(folder, "photo.jpg")),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function openFrames(camera: Camera): PhotoSource {
  camera.start();
  return {
    take: async () => {
      try {
        return (await camera.next(AbortSignal.timeout(frameWaitMs))).jpeg;
      } catch (cause) {
        throw new FacelatchError("CAMERA_UNAVAILABLE", {
          expected: `a frame within ${frameWaitMs} ms`,
          found: camera.status().fault?.message ?? "none",
          next: "Check the camera and its cable; `facelatch doctor` tells more.",
          cause,
        });
      }
    },
    close: () => camera.stop(),
  };
}
