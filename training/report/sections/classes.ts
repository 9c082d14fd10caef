// Each class by itself: precision, recall, F1, and what its photos are taken for.
import { splitNames } from "../../dataset/classes.ts";
import { type Confusion, confusionOf } from "../../metrics.ts";
import { shareRange } from "../figures.ts";
import { drawConfusion } from "../plots/confusion-plot.ts";
import { drawIntervals } from "../plots/interval-plot.ts";
import type { FiledPlot, ReportSection, ReportSubject } from "../report-section.ts";
import { classFigures } from "../statistics/class-figures.ts";

const figureNames = ["precision", "recall", "f1"] as const;
const shown = { precision: "precision", recall: "recall", f1: "F1" } as const;

export async function classSections({ predictions, labels }: ReportSubject): Promise<ReportSection[]> {
  const confusions = splitNames.map((split) => ({ split, confusion: confusionOf(predictions[split], labels.length) }));
  const plots: FiledPlot[] = [];
  for (const { split, confusion } of confusions) {
    if (predictions[split].length === 0) continue;
    plots.push({
      file: `confusion-${split}`,
      svg: await drawConfusion(confusion, labels, split),
      caption: `Confusion matrix, ${split}: ${predictions[split].length} photos`,
    });
  }
  return [
    {
      heading: "Classes",
      text: "Intervals at 95\u00a0% by Wilson's method; that of F1 is the interval of TP / (TP + FP + FN), carried over.",
      plots: await classPlots(confusions, labels),
      table: {
        columns: ["class", ...figureNames.map((name) => shown[name])],
        rows: labels.flatMap((label, index) =>
          confusions.map(({ split, confusion }) => {
            const figures = classFigures(confusion)[index]!;
            return [`${label}, ${split}`, ...figureNames.map((name) => shareRange(figures[name]))];
          }),
        ),
      },
    },
    {
      heading: "Confusion",
      text: "Rows are what the photos show, columns what they are taken for; shares are of the row. Whatever else stands in the owner's column would open the door by the classifier alone.",
      plots,
      narrow: true,
    },
  ];
}

async function classPlots(
  confusions: readonly { readonly split: string; readonly confusion: Confusion }[],
  labels: readonly string[],
): Promise<FiledPlot[]> {
  const plots: FiledPlot[] = [];
  for (const { split, confusion } of confusions) {
    if (split === "train") continue;
    const figures = classFigures(confusion);
    const intervals = labels.flatMap((name, index) =>
      figureNames
        .map((figure) => ({ name, series: shown[figure], ...figures[index]![figure] }))
        .filter(({ n }) => n > 0),
    );
    if (intervals.length === 0) continue;
    plots.push({
      file: `classes-${split}`,
      svg: await drawIntervals(intervals, { title: `share, ${split}`, isShare: true }),
      caption: `Precision, recall and F1 of each class, ${split}`,
    });
  }
  return plots;
}
