// One process that scans photos: finding faces keeps a core busy, and the TensorFlow Lite addon aborts in threads.
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { openTrainingDetector } from "../detector.ts";
import { answerQuestions } from "../processes/answer-questions.ts";
import type { ClassFolder } from "./classes.ts";
import type { Framing, FramingWithDetector } from "./frame-photo.ts";
import { type ScanFolders, type ScannedPhoto, scanPhoto } from "./scan-photo.ts";

export interface ScanRequest {
  readonly folders: ScanFolders;
  readonly framing: Framing;
  readonly folder: ClassFolder;
  /** Below the data set's folder, with `/`. */
  readonly path: string;
}

let detector: Promise<FramingWithDetector["detectFaces"]> | null = null;

answerQuestions<ScanRequest, ScannedPhoto>(
  async ({ folders, framing, folder, path }) => {
    detector ??= openTrainingDetector(openTfliteEngine({ threads: 1, delegate: "auto" }));
    return scanPhoto(folders, { ...framing, detectFaces: await detector }, folder, path);
  },
  { expected: "photos to be scanned", next: "Run the command again." },
);
