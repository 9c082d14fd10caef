// The reliability diagram: how often the classifier is right against how sure it is.
import { drawPlot, ink } from "../../report-page/plot.ts";
import type { ReliabilityBin } from "../statistics/reliability.ts";
import { plotWidthPx, shareAxis } from "./plot-style.ts";

export interface ReliabilitySeries {
  readonly name: string;
  readonly bins: readonly ReliabilityBin[];
  readonly calibrationError: number;
}

/** Points grow with their photos; lines through them are 95 % intervals. On the dashed line sureness is deserved. */
export function drawReliability(series: readonly ReliabilitySeries[], classes: number): Promise<string> {
  const values = series.flatMap(({ name, bins }) =>
    bins.map(({ confidence, accuracy: { value, low, high, n } }) => ({ name, confidence, value, low, high, n })),
  );
  // The highest of several scores is never lower than an equal share of 1.
  const least = Math.floor(10 / classes) / 10;
  const x = {
    field: "confidence",
    type: "quantitative" as const,
    scale: { domain: [least, 1], nice: false },
    axis: { title: "highest score", tickCount: 5, ...shareAxis },
  };
  const y = {
    type: "quantitative" as const,
    scale: { domain: [0, 1], nice: false },
    axis: { title: "of these right", tickCount: 5, ...shareAxis },
  };
  const color = { field: "name", type: "nominal" as const, sort: null };
  return drawPlot(
    {
      width: plotWidthPx,
      height: 280,
      layer: [
        {
          data: { values: [least, 1].map((share) => ({ confidence: share, value: share })) },
          mark: { type: "line", strokeDash: [4, 4], color: ink, opacity: 0.5, strokeWidth: 1 },
          encoding: { x, y: { field: "value", ...y } },
        },
        {
          data: { values },
          mark: { type: "rule", strokeWidth: 1.5, opacity: 0.7 },
          encoding: { x, y: { field: "low", ...y }, y2: { field: "high" }, color },
        },
        {
          data: { values },
          mark: { type: "point", filled: true, opacity: 0.9, clip: false },
          encoding: {
            x,
            y: { field: "value", ...y },
            color,
            size: { field: "n", type: "quantitative", scale: { type: "sqrt", range: [30, 220] }, legend: null },
          },
        },
      ],
    },
    `Reliability diagram: ${series.map(({ name, calibrationError }) => `${name} has an expected calibration error of ${(100 * calibrationError).toFixed(2)} %`).join("; ")}.`,
  );
}
