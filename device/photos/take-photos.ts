// Photos of the owner from the door's own camera, to train with: one after the other, each looked at before it is kept.
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import { isDaemonListening } from "../daemon/run/daemon-listening.ts";
import { FacelatchError } from "../errors/errors.ts";
import { openPhotoCheck } from "./photo-check.ts";
import { openPhotoSource } from "./photo-source.ts";

export interface TakePhotosOptions {
  readonly config: Config;
  /** Made where it is missing; nothing in it is replaced. */
  readonly outDir: string;
  /** So many are kept. */
  readonly photos: number;
  /** Before each of them, to follow the hint. */
  readonly intervalMs: number;
  readonly say: (line: string) => void;
}

export interface TakenPhotos {
  readonly kept: number;
  /** How often each cause left one out, in words. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly facesChecked: boolean;
  readonly outDir: string;
}

/** What to do before a photo, in turn: training is for all that happens at a door. */
const hints = [
  "Look at the camera.",
  "Turn your head a little to one side.",
  "Turn it a little to the other side.",
  "Lift your chin a little.",
  "Come a step closer.",
  "Go a step back.",
  "Put glasses on, or take them off.",
  "Switch a lamp on, or off.",
] as const;
/** So many tries for each photo that is asked for. */
const triesPerPhoto = 3;
const privateFolder = 0o700;
const privateFile = 0o600;

/** @throws FacelatchError CAMERA_UNAVAILABLE, also while a daemon has the camera; INPUT_INVALID where none could be kept */
export async function takePhotos({ config, outDir, photos, intervalMs, say }: TakePhotosOptions): Promise<TakenPhotos> {
  await requireFreeCamera(config);
  await mkdir(outDir, { recursive: true, mode: privateFolder });
  const check = await openPhotoCheck(config);
  if (!check.looksAtFaces) say("There is no bundle that works: faces are not looked at before `facelatch prepare`.");
  const source = await openPhotoSource(config.camera);
  const leftOut: Record<string, number> = {};
  let kept = 0;
  try {
    for (let tries = 0; kept < photos && tries < photos * triesPerPhoto; tries++) {
      say(`${kept + 1} of ${photos}: ${hints[kept % hints.length]}`);
      await wait(intervalMs);
      const jpeg = await source.take();
      const fault = await check.fault(jpeg);
      if (fault === null) {
        await keep(outDir, jpeg, kept);
        kept++;
      } else {
        leftOut[fault] = (leftOut[fault] ?? 0) + 1;
        say(`  Left out: ${fault}`);
      }
    }
  } finally {
    await Promise.allSettled([source.close(), check.close()]);
  }
  if (kept === 0) throw noneKept(leftOut);
  return { kept, leftOut, facesChecked: check.looksAtFaces, outDir };
}

async function requireFreeCamera({ api }: Config): Promise<void> {
  if (!(await isDaemonListening(api))) return;
  throw new FacelatchError("CAMERA_UNAVAILABLE", {
    expected: "a camera that nobody uses",
    found: "a daemon that runs here and watches the door",
    next: "Stop it (`sudo systemctl stop facelatch`), take the photos, and start it again.",
  });
}

/** Under the first number that is free. */
async function keep(outDir: string, jpeg: Uint8Array, index: number): Promise<void> {
  let number = index + 1;
  const path = () => join(outDir, `${String(number).padStart(4, "0")}.jpg`);
  while (await exists(path())) number++;
  await writeFile(path(), jpeg, { flag: "wx", mode: privateFile });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function noneKept(leftOut: Readonly<Record<string, number>>): FacelatchError {
  const causes = Object.entries(leftOut).map(([cause, times]) => `${times} times: ${cause}`);
  return new FacelatchError("INPUT_INVALID", {
    expected: "one photo at least that can be trained with",
    found: causes.join(" "),
    next: "Stand before the camera alone, in good light; `facelatch doctor` checks the camera.",
  });
}

export function describePhotos({ kept, leftOut, facesChecked, outDir }: TakenPhotos): string {
  const causes = Object.entries(leftOut).map(([cause, times]) => `  left out ${times} times: ${cause}`);
  const next = facesChecked ? [] : ["`facelatch prepare` tells which of them show a face."];
  return [`${kept} photos in ${outDir}.`, ...causes, ...next].join("\n");
}
