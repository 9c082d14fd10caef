// Figures as points with their intervals, one above the other.
import { drawPlot, ink } from "../../report-page/plot.ts";
import { plotWidthPx, shareAxis, textPx } from "./plot-style.ts";

export interface Interval {
  readonly name: string;
  /** What the point's colour stands for. */
  readonly series: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface IntervalAxis {
  readonly title: string;
  /** Shares are shown in percent and end at 1. */
  readonly isShare: boolean;
}

const rowPx = 30;
/** A figure stands above its interval, and below the one before. */
const seriesRowPx = 30;

/** Intervals are at 95 %; several of one name lie below each other. */
export function drawIntervals(intervals: readonly Interval[], { title, isShare }: IntervalAxis): Promise<string> {
  const values = [...intervals];
  const series = new Set(values.map((interval) => interval.series)).size;
  const names = new Set(values.map(({ name }) => name)).size;
  const x = {
    type: "quantitative" as const,
    title,
    scale: { zero: !isShare, nice: true, ...(isShare ? { domainMax: 1 } : {}) },
    axis: { tickCount: 5, ...(isShare ? shareAxis : {}) },
  };
  const y = {
    field: "name",
    type: "nominal" as const,
    sort: null,
    title: null,
    axis: { ticks: false, domain: false, labelLimit: 110 },
  };
  const yOffset = { field: "series", type: "nominal" as const, sort: null };
  const color = {
    field: "series",
    type: "nominal" as const,
    sort: null,
    ...(series === 1 ? { legend: null } : {}),
  };
  const show = (value: number) => (isShare ? `${(100 * value).toFixed(1)} %` : value.toFixed(3));
  return drawPlot(
    {
      width: plotWidthPx - 60,
      height: Math.max(names, 2) * (series === 1 ? rowPx : seriesRowPx * series),
      layer: [
        {
          data: { values },
          mark: { type: "rule", strokeWidth: 2.5 },
          encoding: { x: { field: "low", ...x }, x2: { field: "high" }, y, yOffset, color },
        },
        {
          data: { values },
          mark: { type: "point", filled: true, size: 70, opacity: 1 },
          encoding: { x: { field: "value", ...x }, y, yOffset, color },
        },
        {
          data: { values: values.map((interval) => ({ ...interval, text: show(interval.value) })) },
          mark: { type: "text", color: ink, dy: -9, fontSize: textPx - 1, align: "right", dx: 6 },
          encoding: { x: { field: "value", ...x }, y, yOffset, text: { field: "text" } },
        },
      ],
    },
    `${title} with 95 % intervals: ${values
      .map(
        ({ name, series, value, low, high }) =>
          `${name}${series === name ? "" : ` ${series}`} ${show(value)} (${show(low)} to ${show(high)})`,
      )
      .join("; ")}.`,
  );
}
