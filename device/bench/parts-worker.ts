// Measures the parts of one frame alone, in a process of its own: decoding, and inference on each engine.
import { openBundle } from "../slots/open-bundle.ts";
import { decodeJpeg } from "../vision/decode-jpeg.ts";
import type { Model } from "../vision/engine.ts";
import { openTfliteEngine } from "../vision/tflite-engine.ts";

export type PartsRequest =
  | { readonly type: "start"; readonly bundleFolder: string }
  | { readonly type: "measure"; readonly jpeg: Uint8Array; readonly withPlain: boolean };

export type PartsReply =
  | { readonly type: "ready" }
  | {
      readonly type: "measured";
      readonly decodeMs: number;
      /** Every model, as often as a frame with one face needs it, on inputs that are filled already. */
      readonly xnnpackMs: number;
      readonly plainMs: number | null;
    };

let models: { readonly xnnpack: readonly Model[]; readonly plain: readonly Model[] } | null = null;

async function start(bundleFolder: string): Promise<PartsReply> {
  const { manifest, files } = await openBundle(bundleFolder);
  const load = (delegate: "auto" | "none") => {
    const engine = openTfliteEngine({ threads: 1, delegate });
    const { detector, verifier, classifier } = manifest;
    const embedding = engine.load(files.get(verifier.file)!);
    return [
      engine.load(files.get(detector.file)!),
      ...(verifier.mirrored ? [embedding, embedding] : [embedding]),
      engine.load(files.get(classifier.file)!),
    ];
  };
  models = { xnnpack: load("auto"), plain: load("none") };
  return { type: "ready" };
}

function timeInference(loaded: readonly Model[]): number {
  const startMs = performance.now();
  for (const model of loaded) model.infer();
  return performance.now() - startMs;
}

async function measure(jpeg: Uint8Array, withPlain: boolean): Promise<PartsReply> {
  if (models === null) throw new Error("measure before start");
  const startMs = performance.now();
  await decodeJpeg(jpeg);
  const decodeMs = performance.now() - startMs;
  const xnnpackMs = timeInference(models.xnnpack);
  return { type: "measured", decodeMs, xnnpackMs, plainMs: withPlain ? timeInference(models.plain) : null };
}

process.on("message", (request: PartsRequest) => {
  const reply = request.type === "start" ? start(request.bundleFolder) : measure(request.jpeg, request.withPlain);
  // A failed measurement ends the process; the benchmark reports its exit.
  void reply.then((message) => process.send?.(message));
});
process.on("disconnect", () => process.exit(0));
