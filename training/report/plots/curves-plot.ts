// How loss and accuracy went over the epochs, with the best one marked.
import { drawPlot, ink } from "../../report-page/plot.ts";
import type { EpochRecord } from "../../run/run-folder.ts";
import { plotWidthPx, shareAxis, textPx } from "./plot-style.ts";

export type CurveKind = "loss" | "accuracy";

/** @param best index of the epoch whose weights were kept */
export function drawCurves(history: readonly EpochRecord[], best: number, kind: CurveKind): Promise<string> {
  const of = ({ trainLoss, trainAccuracy, validationLoss, validationAccuracy }: EpochRecord) =>
    kind === "loss"
      ? { train: trainLoss, validation: validationLoss }
      : { train: trainAccuracy, validation: validationAccuracy };
  const values = history.flatMap((record) =>
    Object.entries(of(record)).map(([split, value]) => ({ split, epoch: record.epoch, value })),
  );
  const marked = history[best];
  const x = {
    field: "epoch",
    type: "quantitative" as const,
    scale: { nice: false, zero: false },
    axis: { title: "epoch", format: "d", tickMinStep: 1, tickCount: 8, grid: false },
  };
  const least = Math.min(...values.map(({ value }) => value));
  return drawPlot(
    {
      width: plotWidthPx,
      height: 220,
      layer: [
        {
          data: { values },
          mark: { type: "line", strokeWidth: 2.5, point: history.length === 1 },
          encoding: {
            x,
            y: {
              field: "value",
              type: "quantitative",
              scale: { zero: kind === "loss", ...(kind === "loss" ? {} : { domain: [Math.min(least, 0.99), 1] }) },
              axis: {
                title: kind === "loss" ? "cross-entropy" : kind,
                tickCount: 6,
                ...(kind === "loss" ? {} : shareAxis),
              },
            },
            color: { field: "split", type: "nominal", sort: null },
          },
        },
        ...(marked === undefined ? [] : markBest(marked, x)),
      ],
    },
    describeCurves(history, marked, kind, of),
  );
}

function markBest({ epoch }: EpochRecord, x: object) {
  const data = { values: [{ epoch, name: `best: ${epoch}` }] };
  return [
    { data, mark: { type: "rule" as const, color: ink, strokeDash: [3, 3], opacity: 0.8 }, encoding: { x } },
    {
      data,
      mark: {
        type: "text" as const,
        color: ink,
        align: "right" as const,
        baseline: "bottom" as const,
        dx: 4,
        dy: -3,
        fontSize: textPx,
      },
      encoding: { x, y: { value: 0 }, text: { field: "name" } },
    },
  ];
}

function describeCurves(
  history: readonly EpochRecord[],
  marked: EpochRecord | undefined,
  kind: CurveKind,
  of: (record: EpochRecord) => { readonly train: number; readonly validation: number },
): string {
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined || marked === undefined) return `${kind} over epochs: none`;
  const show = (value: number) => (kind === "loss" ? value.toFixed(3) : `${(100 * value).toFixed(1)} %`);
  const tell = (split: "train" | "validation") =>
    `${split} from ${show(of(first)[split])} to ${show(of(last)[split])}, ${show(of(marked)[split])} in the best`;
  return `Lines of the ${kind} over ${history.length} epochs; best epoch ${marked.epoch}; ${tell("train")}; ${tell("validation")}.`;
}
