// The owner against everybody and everything else, by his score alone.
import { type DetTicks, drawDet } from "../../report-page/det-plot.ts";
import { drawScores } from "../../report-page/score-plot.ts";
import { share, shareRange } from "../figures.ts";
import { plotWidthPx } from "../plots/plot-style.ts";
import { drawRoc } from "../plots/roc-plot.ts";
import type { FiledPlot, ReportSection, ReportSubject } from "../report-section.ts";
import { type OwnerCurve, type OwnerScores, ownerCurve, ownerScores, ratesAt } from "../statistics/owner-scores.ts";

interface OwnerSplit {
  readonly split: "validation" | "test";
  readonly scores: OwnerScores;
  readonly curve: OwnerCurve;
  readonly rates: ReturnType<typeof ratesAt>;
}

const detTicks: DetTicks = [1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5];
/** Fewer photos have no rate as low as the first of these. */
const coarseTicks: DetTicks = [2e-3, 0.01, 0.05, 0.2, 0.5];
const fineFrom = 1000;

export async function ownerSection(subject: ReportSubject): Promise<ReportSection> {
  const { predictions, owner, record } = subject;
  const { scoreMin } = record.threshold;
  const splits = (["validation", "test"] as const).flatMap((split): OwnerSplit[] => {
    const scores = ownerScores(predictions[split], owner);
    const curve = ownerCurve(scores);
    return curve === null ? [] : [{ split, scores, curve, rates: ratesAt(scores, scoreMin) }];
  });
  return {
    heading: "The owner against the rest",
    text: `By the owner's score alone. The threshold, ${scoreMin.toPrecision(3)}, was chosen on validation photos; at the door it is one gate among several. A curve that touches its corner says that no mistake was seen, not that there is none.`,
    plots: [
      ...(await Promise.all(splits.map((each) => scorePlot(each, record.ownerLabel, scoreMin)))),
      ...(splits.length === 0 ? [] : [await rocPlot(splits), await detPlot(splits)]),
    ],
    table: {
      columns: [
        "split",
        "owner's photos",
        "other photos",
        "owner refused",
        "others accepted",
        "equal error",
        "area under ROC",
      ],
      rows: splits.map(({ split, scores: { genuine, impostor }, curve, rates }) => [
        split,
        String(genuine.length),
        String(impostor.length),
        shareRange(rates.frr),
        shareRange(rates.far),
        share(curve.equalErrorRate),
        curve.areaUnderCurve.toFixed(4),
      ]),
    },
  };
}

async function scorePlot(
  { split, scores: { genuine, impostor }, rates }: OwnerSplit,
  ownerLabel: string,
  scoreMin: number,
): Promise<FiledPlot> {
  return {
    file: `scores-${split}`,
    svg: await drawScores(
      [
        { name: `${genuine.length} of ${ownerLabel}`, scores: genuine },
        { name: `${impostor.length} others`, scores: impostor },
      ],
      [{ name: "threshold", score: scoreMin }],
      "the owner's score",
      {
        widthPx: plotWidthPx,
        shareScale: "sqrt",
        summary: `At the threshold of ${scoreMin.toPrecision(3)}, ${share(rates.frr.value)} of the owner's photos are refused and ${share(rates.far.value)} of the others accepted (${split}).`,
      },
    ),
    caption: `Scores for the owner, ${split}; the scale is a square root, so that single photos show`,
  };
}

async function rocPlot(splits: readonly OwnerSplit[]): Promise<FiledPlot> {
  return {
    file: "roc",
    svg: await drawRoc(
      splits.map(({ split, curve, rates }) => ({
        name: split,
        points: curve.points,
        areaUnderCurve: curve.areaUnderCurve,
        chosen: { far: rates.far.value, frr: rates.frr.value },
      })),
    ),
    caption: "Receiver operating characteristic; points are at the threshold",
  };
}

async function detPlot(splits: readonly OwnerSplit[]): Promise<FiledPlot> {
  const ticksFor = (photos: number) => (photos < fineFrom ? coarseTicks : detTicks);
  const perfect = splits.filter(({ curve }) => curve.areaUnderCurve === 1).map(({ split }) => split);
  const most = (side: keyof OwnerScores) => Math.max(...splits.map(({ scores }) => scores[side].length));
  return {
    file: "det",
    svg: await drawDet(
      splits.map(({ split, curve }) => ({ name: split, points: curve.points })),
      {
        far: ticksFor(most("impostor")),
        frr: ticksFor(most("genuine")),
        widthPx: plotWidthPx,
        summary: splits.map(({ split, curve }) => `Equal error of ${split} ${share(curve.equalErrorRate)}.`).join(" "),
      },
    ),
    caption: `Detection error trade-off; the axes are stretched by the normal distribution${perfect.length === 0 ? "" : `. Not drawn, as no threshold is needed that errs: ${perfect.join(", ")}`}`,
  };
}
