// Measures the parts of one frame alone, in a process of its own: each step by itself, and the bare models on each engine.
import type { Face } from "../bundle/faces.ts";
import { frameFace } from "../bundle/faces.ts";
import type { RgbImage } from "../bundle/image.ts";
import { fillClassifierInput } from "../bundle/input-tensor.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { centreSquare } from "../bundle/resample.ts";
import { openBundle } from "../slots/open-bundle.ts";
import { decodeJpeg } from "../vision/decode-jpeg.ts";
import type { Engine, Model } from "../vision/engine.ts";
import { openFaceDetector } from "../vision/face-detector.ts";
import { openFaceEmbedder } from "../vision/face-embedder.ts";
import { floatTensor } from "../vision/float-tensor.ts";
import { openFaceRefiner } from "../vision/refine-face.ts";
import { openTfliteEngine } from "../vision/tflite-engine.ts";

export type PartsRequest =
  | { readonly type: "start"; readonly bundleFolder: string }
  | { readonly type: "measure"; readonly jpeg: Uint8Array; readonly withPlain: boolean };

/** The steps of one frame, in ms; those that need a face take none where there is none. */
export interface StepsMs {
  readonly decode: number;
  /** All looks that the detector takes. */
  readonly detect: number;
  /** Landmarks found again, the face aligned and embedded. */
  readonly verify: number;
  readonly classify: number;
}

export type PartsReply =
  | { readonly type: "ready" }
  | {
      readonly type: "measured";
      readonly steps: StepsMs;
      /** One inference of every model, on inputs that are filled already. */
      readonly xnnpackMs: number;
      readonly plainMs: number | null;
    };

interface Steps {
  readonly detect: (image: RgbImage) => Face | undefined;
  readonly verify: (image: RgbImage, face: Face) => void;
  readonly classify: (image: RgbImage, face: Face | undefined) => void;
}

interface Opened {
  readonly steps: Steps;
  readonly xnnpack: readonly Model[];
  readonly plain: readonly Model[];
}

let opened: Opened | null = null;

async function start(bundleFolder: string): Promise<PartsReply> {
  const { manifest, files } = await openBundle(bundleFolder);
  const { detector, verifier, classifier } = manifest;
  const models = (engine: Engine) =>
    [detector.file, verifier.file, classifier.file].map((name) => engine.load(files.get(name)!));
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  opened = {
    steps: openSteps(engine, manifest, files),
    xnnpack: models(engine),
    plain: models(openTfliteEngine({ threads: 1, delegate: "none" })),
  };
  return { type: "ready" };
}

function openSteps(engine: Engine, manifest: Manifest, files: ReadonlyMap<string, Uint8Array>): Steps {
  const { detector, verifier, classifier } = manifest;
  const detect = openFaceDetector(engine, files.get(detector.file)!, detector);
  const refine = openFaceRefiner(engine, files.get(detector.file)!, detector);
  const embed = openFaceEmbedder(engine, files.get(verifier.file)!, verifier);
  const model = engine.load(files.get(classifier.file)!);
  const tensor = floatTensor(model.inputs, classifier.input.shape);
  return {
    detect: (image) => detect(image)[0],
    verify: (image, face) => {
      embed(image, refine(image, face));
    },
    classify: (image, face) => {
      const region = face === undefined ? centreSquare(image) : frameFace(face, classifier.faceMarginRatio);
      fillClassifierInput(image, region, classifier.input, tensor);
      model.infer();
    },
  };
}

function timeInference(loaded: readonly Model[]): number {
  const startMs = performance.now();
  for (const model of loaded) model.infer();
  return performance.now() - startMs;
}

async function measure(jpeg: Uint8Array, withPlain: boolean): Promise<PartsReply> {
  if (opened === null) throw new Error("measure before start");
  const { steps, xnnpack, plain } = opened;
  const marks = [performance.now()];
  const image = await decodeJpeg(jpeg);
  marks.push(performance.now());
  const face = steps.detect(image);
  marks.push(performance.now());
  if (face !== undefined) steps.verify(image, face);
  marks.push(performance.now());
  steps.classify(image, face);
  marks.push(performance.now());
  const [decode, detect, verify, classify] = marks.slice(1).map((mark, i) => mark - marks[i]!);
  return {
    type: "measured",
    steps: { decode: decode!, detect: detect!, verify: verify!, classify: classify! },
    xnnpackMs: timeInference(xnnpack),
    plainMs: withPlain ? timeInference(plain) : null,
  };
}

process.on("message", (request: PartsRequest) => {
  const reply = request.type === "start" ? start(request.bundleFolder) : measure(request.jpeg, request.withPlain);
  // A failed measurement ends the process; the benchmark reports its exit.
  void reply.then((message) => process.send?.(message));
});
process.on("disconnect", () => process.exit(0));
