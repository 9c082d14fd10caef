// The face detector that training uses and bundles carry: BlazeFace short range, out of an npm package.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Manifest } from "../device/bundle/manifest.ts";
import type { Engine } from "../device/vision/engine.ts";
import { type FaceDetector, openFaceDetector } from "../device/vision/face-detector.ts";

/** Pixels go in from -1 to 1. Below 0.75 too many objects pass for a face. */
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
  scoreMin: 0.75,
  overlapMax: 0.3,
} as const satisfies Omit<Manifest["detector"], "file">;

/** The model's bytes: npm @mediapipe/face_detection, Apache-2.0. */
export async function readDetectorModel(): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("@mediapipe/face_detection/package.json"));
  return readFile(join(folder, "face_detection_short_range.tflite"));
}

export async function openTrainingDetector(engine: Engine): Promise<FaceDetector> {
  return openFaceDetector(engine, await readDetectorModel(), {
    ...detectorSettings,
    input: { ...detectorSettings.input, shape: [...detectorSettings.input.shape] },
  });
}
