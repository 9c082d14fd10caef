// The last check before a bundle is put on trial: its golden images and its speed, in a vision process of its own, so that
// models which end or hang their process take nothing else along.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "../bundle/manifest.ts";
import { codeOf, type ErrorCode, errorCodes, FacelatchError } from "../errors/errors.ts";
import type { VisionStatus } from "./vision.ts";
import { VisionProcess } from "./vision-process.ts";

export interface CheckLimits {
  readonly threads: number;
  /** From fork to the last golden answer. */
  readonly startTimeoutMs: number;
  /** The median frame takes at most so long. */
  readonly frameMaxMs: number;
}

export const checkLimits: CheckLimits = { threads: 1, startTimeoutMs: 20_000, frameMaxMs: 1_000 };

const rounds = 3;
/** Beyond it a frame is not waited for. */
const slownessWaited = 3;

/**
 * Starts a vision process with the bundle in `folder`, asks for its golden answers and times it.
 *
 * @throws FacelatchError BUNDLE_TOO_SLOW, or by the name of the check that failed there
 */
export async function checkInChild(folder: string, manifest: Manifest, limits = checkLimits): Promise<void> {
  let vision!: VisionProcess;
  const settled = new Promise<VisionStatus>((resolve) => {
    vision = new VisionProcess({
      bundleFolder: () => folder,
      threads: limits.threads,
      delegate: "auto",
      frameTimeoutMs: limits.frameMaxMs * slownessWaited,
      startTimeoutMs: limits.startTimeoutMs,
      // One start decides: a second one would come after this check has ended.
      backoffFirstMs: limits.startTimeoutMs,
      backoffMaxMs: limits.startTimeoutMs,
      onState: (status) => {
        if (status.state !== "starting") resolve(status);
      },
    });
  });
  try {
    vision.start();
    const { state, fault } = await settled;
    if (fault?.code === "VISION_TIMEOUT") throw tooSlow(limits.startTimeoutMs, `more to start: ${fault.message}`);
    if (state !== "ready") throw refusedBy(fault);
    await requireSpeed(vision, folder, manifest, limits.frameMaxMs);
  } finally {
    await vision.stop();
  }
}

async function requireSpeed(
  vision: VisionProcess,
  folder: string,
  manifest: Manifest,
  frameMaxMs: number,
): Promise<void> {
  const images = await Promise.all(manifest.golden.map(({ image }) => readFile(join(folder, image))));
  const timesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const image of images) {
      const { totalMs, still } = await vision.analyse(image).catch((error: unknown) => {
        throw codeOf(error) === "VISION_TIMEOUT"
          ? tooSlow(frameMaxMs, `more than ${frameMaxMs * slownessWaited} ms for a frame`)
          : error;
      });
      if (!still) timesMs.push(totalMs);
    }
  }
  const medianMs = timesMs.sort((a, b) => a - b)[Math.floor(timesMs.length / 2)] ?? 0;
  if (medianMs > frameMaxMs) throw tooSlow(frameMaxMs, `${medianMs.toFixed(0)} ms for a frame`);
}

/** @param found in ms, or in words */
function tooSlow(limitMs: number, found: string): FacelatchError {
  return new FacelatchError("BUNDLE_TOO_SLOW", {
    expected: `at most ${limitMs} ms on this device`,
    found,
    next: "Train a smaller network, or raise updates.frameMaxMs or vision.startTimeoutMs.",
  });
}

function refusedBy(fault: VisionStatus["fault"]): FacelatchError {
  const { code, message } = fault ?? { code: "VISION_CRASHED", message: "no answer" };
  return new FacelatchError(code in errorCodes ? (code as ErrorCode) : "INTERNAL", {
    expected: "a vision process that starts with this bundle",
    found: message,
    next: "Make the bundle again; the one in use stayed.",
  });
}
