// Whether the scores mean what they say, before and after temperature scaling.
import { splitNames } from "../../dataset/classes.ts";
import type { Scored } from "../../metrics.ts";
import { share } from "../figures.ts";
import { drawReliability } from "../plots/reliability-plot.ts";
import type { ReportSection, ReportSubject } from "../report-section.ts";
import {
  expectedCalibrationError,
  type ReliabilityBin,
  reliabilityBins,
  reliabilityOf,
} from "../statistics/reliability.ts";
import { fitTemperature, meanLoss, scaleScores } from "../statistics/temperature.ts";

export async function reliabilitySection({ predictions, labels }: ReportSubject): Promise<ReportSection> {
  const temperature = fitTemperature(predictions.validation);
  const scaled = (scored: readonly Scored[]): Scored[] =>
    scored.map(({ truth, scores }) => ({ truth, scores: scaleScores(scores, temperature ?? 1) }));
  const named = (name: string, bins: readonly ReliabilityBin[]) => ({
    name,
    bins,
    calibrationError: expectedCalibrationError(bins),
  });
  const before = named("as trained", reliabilityOf(predictions.test));
  const series = [before];
  if (temperature !== null)
    series.push(named(`at T = ${temperature.toFixed(2)}`, reliabilityOf(scaled(predictions.test))));
  const ece = (scored: readonly Scored[]) => share(expectedCalibrationError(reliabilityOf(scored)));
  return {
    heading: "Reliability",
    text: `${describeTemperature(temperature, predictions.validation.length)} The expected calibration error (ECE) is the mean distance of sureness and rightness over ${reliabilityBins} bins of the highest score. The bundle keeps the scores as trained: its thresholds are theirs.`,
    plots:
      predictions.test.length === 0
        ? []
        : [
            {
              file: "reliability",
              svg: await drawReliability(series, labels.length),
              caption: "Reliability on test photos; larger points stand for more photos",
              figures: {
                columns: ["highest score", "series", "photos", "mean score", "right"],
                rows: series.flatMap(({ name, bins }) =>
                  bins.map(({ from, to, confidence, accuracy }) => [
                    `${from.toFixed(1)} to ${to.toFixed(1)}`,
                    name,
                    String(accuracy.n),
                    share(confidence),
                    share(accuracy.value),
                  ]),
                ),
              },
            },
          ],
    table: {
      columns: ["split", "photos", "ECE", "ECE scaled", "loss", "loss scaled"],
      rows: splitNames.map((split) => {
        const photos = predictions[split];
        const after = scaled(photos);
        const known = (figure: string) => (photos.length === 0 ? "–" : figure);
        const ifScaled = (figure: string) => (temperature === null ? "–" : known(figure));
        return [
          split,
          String(photos.length),
          known(ece(photos)),
          ifScaled(ece(after)),
          known(meanLoss(photos).toFixed(4)),
          ifScaled(meanLoss(after).toFixed(4)),
        ];
      }),
    },
  };
}

function describeTemperature(temperature: number | null, photos: number): string {
  if (temperature === null) {
    return `No temperature is fitted: none of the ${photos} validation photos is taken for the wrong class, and without a mistake the loss falls for ever with the temperature.`;
  }
  return `The temperature ${temperature.toFixed(3)} was fitted on the ${photos} validation photos alone: ${temperature > 1 ? "above 1, the network is surer than it is right" : "at or below 1, the network is not surer than it is right"}.`;
}
