// Evaluation of a bundle on photos: the same path as on the device, from JPEG to scores.
import { join } from "node:path";
import { FacelatchError } from "../device/errors/errors.ts";
import type { Progress } from "../device/terminal/progress.ts";
import { FrameAnalyser } from "../device/vision/frame-analyser.ts";
import { openTfliteEngine } from "../device/vision/tflite-engine.ts";
import { encodeJpeg, readPhoto } from "./dataset/photo.ts";
import { classFolders, listPhotos } from "./dataset/prepare.ts";
import { percent } from "./describe.ts";
import {
  accuracyOf,
  type Confusion,
  confusionOf,
  indexOfMax,
  precisionOf,
  type Rate,
  rateOf,
  recallOf,
  type Scored,
} from "./metrics.ts";
import { withUnpacked } from "./verify-bundle.ts";

export interface Evaluation {
  readonly labels: readonly string[];
  readonly photos: number;
  readonly faces: number;
  readonly accuracy: Rate;
  readonly perClass: Readonly<Record<string, { readonly precision: Rate; readonly recall: Rate }>>;
  readonly confusion: Confusion;
  readonly ownerScoreMin: number;
  /** Photos of the owner below the threshold; photos of anybody or anything else above it. */
  readonly trials: { readonly refused: Rate; readonly opened: Rate };
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Without a face the door opens for nobody, whatever the scores. */
type ScoredPhoto = Scored & { readonly face: boolean };

/**
 * @throws FacelatchError INPUT_MISSING when the folder holds none of the classes, and what opening a bundle throws
 */
export async function evaluate(bundlePath: string, dataDir: string, progress: Progress): Promise<Evaluation> {
  return withUnpacked(bundlePath, async ({ manifest, files }) => {
    const analyser = new FrameAnalyser(openTfliteEngine({ threads: 1, delegate: "auto" }), manifest, files);
    const scored: ScoredPhoto[] = [];
    const skipped: { path: string; reason: string }[] = [];
    let faces = 0;
    for (const [truth, folder] of classFolders.entries()) {
      const photos = await listPhotos(join(dataDir, folder));
      progress.step(`evaluating ${folder}`, photos.length);
      for (const [index, photo] of photos.entries()) {
        try {
          // Through JPEG, as every camera frame comes: the decoder belongs to what is evaluated.
          const analysis = await analyser.analyse(await encodeJpeg(await readPhoto(join(dataDir, folder, photo))));
          const face = analysis.faces.some(({ box }) => box.widthPx >= manifest.quality.widthMinPx);
          scored.push({ truth, scores: analysis.scores, face });
          if (face) faces++;
        } catch (error) {
          if (!(error instanceof FacelatchError)) throw error;
          skipped.push({ path: join(folder, photo), reason: error.message });
        }
        progress.advance(index + 1);
      }
    }
    progress.end();
    if (scored.length === 0) throw noPhotos(dataDir);
    const { labels, ownerLabel, thresholds } = manifest;
    return { ...figures(scored, labels, labels.indexOf(ownerLabel), thresholds.ownerScoreMin), faces, skipped };
  });
}

function figures(
  scored: readonly ScoredPhoto[],
  labels: readonly string[],
  owner: number,
  ownerScoreMin: number,
): Omit<Evaluation, "faces" | "skipped"> {
  const confusion = confusionOf(scored, labels.length);
  const genuine = scored.filter(({ truth }) => truth === owner);
  const impostors = scored.filter(({ truth }) => truth !== owner);
  const passes = ({ scores, face }: ScoredPhoto) =>
    face && indexOfMax(scores) === owner && scores[owner]! >= ownerScoreMin;
  return {
    labels,
    photos: scored.length,
    accuracy: accuracyOf(confusion),
    perClass: Object.fromEntries(
      labels.map((label, i) => [label, { precision: precisionOf(confusion, i), recall: recallOf(confusion, i) }]),
    ),
    confusion,
    ownerScoreMin,
    trials: {
      refused: rateOf(genuine.filter((photo) => !passes(photo)).length, genuine.length),
      opened: rateOf(impostors.filter(passes).length, impostors.length),
    },
  };
}

function noPhotos(dataDir: string): FacelatchError {
  return new FacelatchError("INPUT_MISSING", {
    expected: `photos in ${classFolders.map((folder) => `${folder}/`).join(", ")} below ${dataDir}`,
    found: "none",
    next: "Point --data at a folder laid out like the training's.",
  });
}

export function describeEvaluation(evaluation: Evaluation): string {
  return [
    `accuracy ${percent(evaluation.accuracy)}`,
    `owner refused ${percent(evaluation.trials.refused)}, others let in ${percent(evaluation.trials.opened)}, per photo, at ${evaluation.ownerScoreMin.toFixed(3)}`,
  ].join("\n");
}
