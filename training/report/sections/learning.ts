// How the training went, and where it ended on each split.
import { type SplitName, splitNames } from "../../dataset/classes.ts";
import { accuracyOf, confusionOf, type Rate } from "../../metrics.ts";
import type { Cell } from "../../report-page/report-page.ts";
import type { EpochRecord, Prediction } from "../../run/run-folder.ts";
import { share, shareRange, to } from "../figures.ts";
import { type CurveKind, drawCurves } from "../plots/curves-plot.ts";
import { drawIntervals } from "../plots/interval-plot.ts";
import type { FiledPlot, ReportSection, ReportSubject } from "../report-section.ts";
import { meanInterval } from "../statistics/mean-interval.ts";
import { lossOf } from "../statistics/temperature.ts";

export async function learningSections(subject: ReportSubject): Promise<ReportSection[]> {
  return [...(await curveSections(subject)), await splitSection(subject)];
}

async function curveSections({ record }: ReportSubject): Promise<ReportSection[]> {
  const { history } = record;
  const best = history[record.bestEpoch];
  if (best === undefined) return [];
  const rows = history.map((epoch): Cell[] => [String(epoch.epoch), ...columnsOf(epoch)]);
  const columns = ["epoch", "train loss", "train accuracy", "validation loss", "validation accuracy"];
  const plot = async (kind: CurveKind): Promise<FiledPlot> => ({
    file: `curve-${kind}`,
    svg: await drawCurves(history, record.bestEpoch, kind),
    caption: kind === "loss" ? "Loss over epochs" : "Accuracy over epochs",
    ...(kind === "accuracy" ? { figures: { columns, rows } } : {}),
  });
  return [
    {
      heading: "Training",
      text: `${history.length} epochs; the weights of epoch ${best.epoch} were kept, with ${share(best.validationAccuracy)} of the validation photos right. The loss of training is the mean while the epoch ran, with whatever training adds; that of validation was measured after it.`,
      plots: [await plot("accuracy"), await plot("loss")],
    },
  ];
}

function columnsOf({ trainLoss, trainAccuracy, validationLoss, validationAccuracy }: EpochRecord): string[] {
  return [trainLoss.toFixed(4), share(trainAccuracy), validationLoss.toFixed(4), share(validationAccuracy)];
}

interface SplitFigures {
  readonly split: SplitName;
  readonly accuracy: Rate;
  readonly loss: Rate;
}

async function splitSection({ predictions, labels }: ReportSubject): Promise<ReportSection> {
  const figures = splitNames.map((split): SplitFigures => {
    const scored: readonly Prediction[] = predictions[split];
    return {
      split,
      accuracy: accuracyOf(confusionOf(scored, labels.length)),
      loss: meanInterval(scored.map(lossOf)),
    };
  });
  const intervals = (of: (figure: SplitFigures) => Rate) =>
    figures
      .filter(({ accuracy }) => accuracy.n > 0)
      .map((figure) => ({ name: figure.split, series: "", ...of(figure) }));
  return {
    heading: "Loss and accuracy",
    text: "Of the weights that were kept, on the prepared photos as they are. Intervals at 95\u00a0%: Wilson's for shares, the normal distribution's for the mean loss.",
    plots: [
      {
        file: "split-accuracy",
        svg: await drawIntervals(
          intervals(({ accuracy }) => accuracy),
          { title: "accuracy", isShare: true },
        ),
        caption: "Accuracy of each split",
      },
      {
        file: "split-loss",
        svg: await drawIntervals(
          intervals(({ loss }) => loss),
          { title: "cross-entropy", isShare: false },
        ),
        caption: "Loss of each split",
      },
    ],
    table: {
      columns: ["split", "photos", "accuracy", "loss"],
      rows: figures.map(({ split, accuracy, loss }) => [
        split,
        String(accuracy.n),
        shareRange(accuracy),
        accuracy.n === 0 ? "–" : `${loss.value.toFixed(4)} (${loss.low.toFixed(4)}${to}${loss.high.toFixed(4)})`,
      ]),
    },
  };
}
