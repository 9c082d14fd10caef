// The last check before a bundle is installed: its golden images, on this machine's runtime.
import type { OpenedBundle } from "../slots/open-bundle.ts";
import { FrameAnalyser } from "./frame-analyser.ts";
import { openTfliteEngine } from "./tflite-engine.ts";

/** Throws MODEL_INVALID or BUNDLE_GOLDEN_MISMATCH. */
export async function checkGoldenAnswers({ manifest, files }: OpenedBundle): Promise<void> {
  await new FrameAnalyser(openTfliteEngine({ threads: 1, delegate: "auto" }), manifest, files).checkGolden(files);
}
