// Whether a photo is one to train with: it shows something, and with a bundle in use exactly one face that can be judged.
import { stat } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import { refusalReasons } from "../decision/decision.ts";
import { currentBundleFolder } from "../slots/slots.ts";
import type { FrameAnalysis } from "../vision/vision.ts";
import { VisionProcess } from "../vision/vision-process.ts";
import { lookAtPicture } from "./look-at-picture.ts";

export interface PhotoCheck {
  readonly looksAtFaces: boolean;
  /** Why the photo is left out, in words; null where it is kept. Throws FRAME_INVALID, and what the models throw. */
  fault(jpeg: Uint8Array): Promise<string | null>;
  close(): Promise<void>;
}

/** Faces are looked at where there is a bundle that works. */
export async function openPhotoCheck(config: Pick<Config, "stateDir" | "vision">): Promise<PhotoCheck> {
  const models = await startModels(config);
  return {
    looksAtFaces: models !== null,
    fault: async (jpeg) =>
      (await pictureFault(jpeg)) ?? (models === null ? null : faceFault(await models.analyse(jpeg))),
    close: async () => models?.stop(),
  };
}

async function pictureFault(jpeg: Uint8Array): Promise<string | null> {
  const { obstruction } = await lookAtPicture(jpeg);
  return obstruction === null ? null : refusalReasons[`camera_${obstruction}`];
}

function faceFault({ faces, subject, still }: FrameAnalysis): string | null {
  if (still || subject === null) return refusalReasons.no_face;
  if (faces.length > 1) return refusalReasons.several_faces;
  return subject.unfit === null ? null : refusalReasons[subject.unfit];
}

/** Null without a bundle that loads and answers as recorded. */
async function startModels({ stateDir, vision }: Pick<Config, "stateDir" | "vision">): Promise<VisionProcess | null> {
  const bundleFolder = () => currentBundleFolder(stateDir);
  const isInstalled = await stat(bundleFolder()).then(
    () => true,
    () => false,
  );
  if (!isInstalled) return null;
  const { models, isReady } = await new Promise<{ readonly models: VisionProcess; readonly isReady: boolean }>(
    (settle) => {
      const models: VisionProcess = new VisionProcess({
        ...{ ...vision, delegate: "auto", bundleFolder },
        // A start that takes too long ends as one that failed.
        onState: ({ state }) => {
          if (state !== "starting") settle({ models, isReady: state === "ready" });
        },
      });
      models.start();
    },
  );
  if (isReady) return models;
  await models.stop();
  return null;
}
