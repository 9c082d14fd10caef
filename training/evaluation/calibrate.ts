// Calibration of a bundle: the threshold for a wanted FAR, from a cohort of named persons and the owner's own photos.

import { personScore } from "../../device/bundle/gallery.ts";
import type { OpenedBundle } from "../../device/slots/open-bundle.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { percent } from "../commands/describe.ts";
import { facePicture } from "../report-page/pictures.ts";
import { type Picture, renderReport } from "../report-page/report-page.ts";
import { drawScores } from "../report-page/score-plot.ts";
import { type AnalysedPhoto, PhotoAnalyser } from "./analyse-photos.ts";
import { type Calibration, type CohortFace, calibrate, type ImpostorPair } from "./calibration.ts";
import { describeFar } from "./far.ts";
import { requirePhotos } from "./photo-set.ts";

export interface CalibrationRequest {
  readonly far: number;
  /** Photos of named persons, the owner not among them. */
  readonly cohortDir: string;
  /** Photos of the owner that the bundle's templates were not made from; null where there are none. */
  readonly ownerDir: string | null;
  readonly progress: Progress;
}

export interface Calibrated {
  readonly calibration: Calibration;
  /** The bundle's own threshold, below which nothing is accepted whatever is configured. */
  readonly bundleScoreMin: number;
  readonly photos: ReadonlyMap<string, AnalysedPhoto>;
  readonly ownerScores: readonly number[];
}

/**
 * @throws FacelatchError INPUT_MISSING for a folder without photos, INPUT_INVALID where the cohort cannot support the FAR
 */
export async function calibrateBundle(bundle: OpenedBundle, request: CalibrationRequest): Promise<Calibrated> {
  const { far, cohortDir, ownerDir, progress } = request;
  const listed = await requirePhotos(cohortDir, "photos of the cohort");
  const owners = ownerDir === null ? [] : await requirePhotos(ownerDir, "photos of the owner");
  const analyser = new PhotoAnalyser(bundle, progress);
  const cohort = await analyser.analyse(listed, "looking at the cohort");
  const own = await analyser.analyse(owners, "looking at the owner");
  progress.end();
  const scoreOf = (embedding: Float32Array) => personScore(embedding, analyser.gallery.owner);
  const faces = cohort.flatMap(({ identity, path, portrayed }): CohortFace[] =>
    identity === null || portrayed === null
      ? []
      : [{ identity, path, embedding: portrayed.embedding, ownerScore: scoreOf(portrayed.embedding) }],
  );
  const ownerScores = own.flatMap(({ portrayed }) => (portrayed === null ? [] : [scoreOf(portrayed.embedding)]));
  const { ownerLabel, thresholds } = bundle.manifest;
  return {
    calibration: calibrate(faces, { far, ownerLabel, ownerScores }),
    bundleScoreMin: thresholds.verifiedScoreMin,
    photos: new Map(cohort.map((photo) => [photo.path, photo])),
    ownerScores,
  };
}

export function describeCalibration({ calibration, bundleScoreMin }: Calibrated): string {
  const { threshold, far, targetFar, farAtMost, frr, frrOf, identities, impostorTrials, worst } = calibration;
  return [
    `threshold ${threshold.toFixed(4)} for a FAR of ${describeFar(targetFar)}`,
    `${Math.round(far.value * far.n)} of ${impostorTrials} pairs of ${identities} identities reach it: a FAR of at most ${describeFar(farAtMost)} at 95 %`,
    `${frrOf === "owner" ? "the owner" : "a person of the cohort"} is refused ${percent(frr)}`,
    "most alike:",
    ...worst.map(({ score, first, second }) => `  ${score.toFixed(3)} ${first.identity} and ${second.identity}`),
    adviceOf(threshold, bundleScoreMin),
  ].join("\n");
}

/** The configuration can only demand more than the bundle. */
export function adviceOf(threshold: number, bundleScoreMin: number): string {
  return threshold > bundleScoreMin
    ? `Set in the configuration: decision: { verifiedScoreMin: ${Math.ceil(threshold * 1e4) / 1e4} }`
    : `The bundle demands ${bundleScoreMin.toFixed(4)} already, which is stricter: there is nothing to set`;
}

export async function renderCalibration(calibrated: Calibrated, bundleName: string): Promise<string> {
  const { calibration, bundleScoreMin, ownerScores } = calibrated;
  const { threshold, far, targetFar, farAtMost, frr, frrOf, identities, impostorTrials, worst } = calibration;
  const marks = [
    { name: "calibrated", score: threshold },
    { name: "bundle's", score: bundleScoreMin },
  ];
  return renderReport({
    title: `Calibration of ${bundleName}`,
    subtitle: `For a false acceptance rate of ${describeFar(targetFar)}. ${adviceOf(threshold, bundleScoreMin)}.`,
    tiles: [
      { label: "threshold", value: threshold.toFixed(3), note: `the bundle's own: ${bundleScoreMin.toFixed(3)}` },
      {
        label: "FAR at most, at 95 %",
        value: describeFar(farAtMost),
        note: `${Math.round(far.value * far.n)} of ${impostorTrials} pairs of ${identities} identities`,
      },
      {
        label: frrOf === "owner" ? "owner refused" : "person of the cohort refused",
        value: `${(100 * frr.value).toFixed(1)} %`,
        note: percent(frr),
      },
    ],
    sections: [
      ...(ownerScores.length === 0
        ? []
        : [
            {
              heading: "The owner's photos",
              plots: [
                {
                  svg: await drawScores([{ name: "owner", scores: ownerScores }], marks, "score against the templates"),
                  caption: "Photos of the owner that are not enrolled",
                },
              ],
            },
          ]),
      {
        heading: "Persons who look most alike to the verifier",
        text: "Where two pictures show one person, or relatives, the cohort has a fault that makes the threshold too strict.",
        pictures: await Promise.all(worst.map((pair) => pairPicture(pair, calibrated.photos))),
      },
    ],
  });
}

async function pairPicture(
  { score, first, second }: ImpostorPair,
  photos: ReadonlyMap<string, AnalysedPhoto>,
): Promise<Picture> {
  const picture = (path: string | null) =>
    path === null ? null : facePicture(path, photos.get(path)?.portrayed?.face ?? null);
  return {
    jpegs: await Promise.all([first.path, second.path].map(picture)),
    caption: score.toFixed(3),
    detail: `${first.identity} / ${second.identity}`,
  };
}
