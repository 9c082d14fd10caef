// The face detector that training uses and bundles carry: BlazeFace short range, out of an npm package.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Manifest } from "../device/bundle/manifest.ts";
import type { Engine } from "../device/vision/engine.ts";
import { type FaceDetector, openFaceDetector } from "../device/vision/face-detector.ts";
import { type FaceRefiner, openFaceRefiner } from "../device/vision/refine-face.ts";

/**
 * Pixels go in from -1 to 1. The scores are those of a scan with these tiles, chosen on 267 things and animals, 15
 * pictures of npm tracking, and 288 faces shrunk to 48 to 62 px, a part of them turned by 30 degrees, dark, flat or
 * blurred: at 0.7, 3 of 282 pictures hold a face, one of them a real one;
 * of the faces 97.6 % are found.
 */
export const detectorSettings = {
  input: {
    shape: [1, 128, 128, 3],
    layout: "NHWC",
    dtype: "float32",
    colour: "RGB",
    resizeKernel: "triangle",
    mean: 127.5,
    scale: 127.5,
  },
  scoreMin: 0.7,
  overlapMax: 0.3,
  /** A face of 48 px before a camera of 720 lines is a person at 2 to 3 m. Of such faces 99 % score at least 0.3 in a tile. */
  scan: { faceWidthMinPx: 48, candidateScoreMin: 0.3 },
} as const satisfies Omit<Manifest["detector"], "file">;

/** The model's bytes: npm @mediapipe/face_detection, Apache-2.0. */
export async function readDetectorModel(): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("@mediapipe/face_detection/package.json"));
  return readFile(join(folder, "face_detection_short_range.tflite"));
}

/** A copy that its user may keep. */
function settings(): Omit<Manifest["detector"], "file"> {
  return { ...detectorSettings, input: { ...detectorSettings.input, shape: [...detectorSettings.input.shape] } };
}

export async function openTrainingDetector(engine: Engine): Promise<FaceDetector> {
  return openFaceDetector(engine, await readDetectorModel(), settings());
}

/** Finds the landmarks again in a close crop, as the device does. */
export async function openTrainingRefiner(engine: Engine): Promise<FaceRefiner> {
  return openFaceRefiner(engine, await readDetectorModel(), settings());
}
