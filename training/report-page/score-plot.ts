// How scores are distributed, as a plot.
import { drawPlot, ink } from "./plot.ts";

export interface ScoreSeries {
  readonly name: string;
  readonly scores: readonly number[];
}

export interface ScoreMark {
  readonly name: string;
  readonly score: number;
}

const binsMax = 80;

export interface ScoreDrawing {
  readonly widthPx?: number;
  /** By the square root a few scores are seen beside very many. */
  readonly shareScale?: "linear" | "sqrt";
  /** What a screen reader says besides the names of the series. */
  readonly summary?: string;
}

/** How scores are distributed, each series as the share of its own comparisons; marks are vertical lines. */
export function drawScores(
  series: readonly ScoreSeries[],
  marks: readonly ScoreMark[],
  title: string,
  { widthPx = 460, shareScale = "linear", summary = "" }: ScoreDrawing = {},
): Promise<string> {
  const all = series.flatMap(({ scores }) => scores);
  const low = all.reduce((least, score) => Math.min(least, score), 0);
  const width = (1 - low) / binsMax;
  const values = series.flatMap(({ name, scores }) => {
    const counts = new Array<number>(binsMax).fill(0);
    for (const score of scores) counts[clamp(Math.floor((score - low) / width), 0, binsMax - 1)]!++;
    // The last bin ends where a further one would begin.
    return [...counts, 0].map((count, i) => ({ name, from: low + i * width, share: count / scores.length }));
  });
  const x = {
    type: "quantitative" as const,
    scale: { domain: [low, 1], nice: false },
    axis: { title, tickCount: 10, grid: false },
  };
  return drawPlot(
    {
      width: widthPx,
      height: 240,
      resolve: { scale: { y: "independent" } },
      layer: [
        {
          data: { values },
          mark: { type: "area", interpolate: "step-after", opacity: 0.3, line: { strokeWidth: 1.5 } },
          encoding: {
            x: { field: "from", ...x },
            y: {
              field: "share",
              type: "quantitative",
              axis: { title: "share of the series", format: ".0%", tickCount: 5 },
              scale: { type: shareScale, nice: true },
              stack: null,
            },
            color: { field: "name", type: "nominal", sort: null, legend: { title: null } },
          },
        },
        {
          data: { values: [...marks] },
          mark: { type: "rule", color: ink, strokeDash: [3, 3], opacity: 0.8 },
          encoding: { x: { field: "score", ...x } },
        },
        {
          // Below one another: thresholds lie close together.
          data: { values: marks.map(({ name, score }, place) => ({ name, score, place })) },
          mark: { type: "text", color: ink, align: "left", dx: 4, baseline: "top", fontSize: 11 },
          encoding: {
            x: { field: "score", ...x },
            y: { field: "place", type: "quantitative", axis: null, scale: { domain: [0, 16], reverse: true } },
            text: { field: "name" },
          },
        },
      ],
    },
    `Distribution of scores: ${series.map(({ name }) => name).join(", ")}. ${summary}`.trim(),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
