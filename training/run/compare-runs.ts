// Whether a training that went on from another got better or worse, on the same test photos.
import { indexOfMax, type Rate, rateOf } from "../metrics.ts";
import type { Prediction } from "./run-folder.ts";

/** One figure of both runs. A photo that only one of them has right was mended or broken. */
export interface ComparedFigure {
  readonly name: string;
  readonly before: Rate;
  readonly after: Rate;
  readonly mended: number;
  readonly broken: number;
  /** How likely so uneven a change is if neither run is better: McNemar's exact test, two-sided. */
  readonly chance: number;
}

export interface RunComparison {
  readonly figures: readonly ComparedFigure[];
  /** Photos that both runs tested on. */
  readonly shared: number;
  /** Photos that only one of them did. */
  readonly apart: number;
  /** The figures that fell: a run of which any did must not be shipped unasked. Of no shared photo nothing is known. */
  readonly worse: readonly string[];
}

/** Compares on the photos that both were tested on, which are matched by name; a figure without a photo is left out. */
export function compareRuns(before: readonly Prediction[], after: readonly Prediction[], owner: number): RunComparison {
  const known = new Map(before.map((prediction) => [prediction.picture, prediction]));
  const pairs = after.flatMap((now) => {
    const then = known.get(now.picture);
    return then === undefined ? [] : [{ then, now }];
  });
  const isRight = ({ truth, scores }: Prediction) => indexOfMax(scores) === truth;
  const keptOut = ({ scores }: Prediction) => indexOfMax(scores) !== owner;
  const ofOwner = pairs.filter(({ now }) => now.truth === owner);
  const ofOthers = pairs.filter(({ now }) => now.truth !== owner);
  const figures = [
    compareFigure("photos classified rightly", pairs, isRight),
    compareFigure("the owner recognised", ofOwner, isRight),
    compareFigure("others not taken for the owner", ofOthers, keptOut),
  ].filter(({ after: { n } }) => n > 0);
  return {
    figures,
    shared: pairs.length,
    apart: before.length + after.length - 2 * pairs.length,
    worse: figures.filter((figure) => figure.broken > figure.mended).map(({ name }) => name),
  };
}

function compareFigure(
  name: string,
  pairs: readonly { readonly then: Prediction; readonly now: Prediction }[],
  isGood: (prediction: Prediction) => boolean,
): ComparedFigure {
  const count = (holds: (then: boolean, now: boolean) => boolean) =>
    pairs.filter(({ then, now }) => holds(isGood(then), isGood(now))).length;
  const mended = count((then, now) => !then && now);
  const broken = count((then, now) => then && !now);
  const kept = count((then, now) => then && now);
  return {
    name,
    before: rateOf(kept + broken, pairs.length),
    after: rateOf(kept + mended, pairs.length),
    mended,
    broken,
    chance: mcNemar(mended, broken),
  };
}

/** McNemar's exact test: the chance of a split at least as uneven as this, if either way is equally likely. */
export function mcNemar(mended: number, broken: number): number {
  const n = mended + broken;
  let tail = 0;
  let logTerm = -n * Math.LN2;
  for (let k = 0; k <= Math.min(mended, broken); k++) {
    if (k > 0) logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
