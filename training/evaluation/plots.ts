// Plots as SVG text, drawn without a browser: scales from Vega-Lite, colours that stand on light and on dark pages.
import { type Loader, parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** For series, in this order; each has a contrast of at least 3 to 1 on white and on near-black. */
export const seriesColours = ["#3b82d0", "#d9622b", "#2f9e62", "#b25fc4", "#b08a1e", "#d0487a", "#2a9aa8", "#8a7f76"];

/** Text takes the colour of the page around it. */
const ink = "currentColor";

const config: TopLevelSpec["config"] = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: ink,
    titleColor: ink,
    domainColor: ink,
    domainOpacity: 0.5,
    tickColor: ink,
    tickOpacity: 0.5,
    gridColor: ink,
    gridOpacity: 0.12,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
  legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, symbolStrokeWidth: 3, orient: "top", title: null },
  title: { color: ink },
  range: { category: seriesColours },
};

/** Plots name no files and no addresses: whatever asks for one is a mistake. */
const noLoader = { load: rejectLoad, sanitize: rejectLoad, http: rejectLoad, file: rejectLoad } as unknown as Loader;

function rejectLoad(): Promise<never> {
  return Promise.reject(new Error("a plot holds its own data"));
}

/**
 * Draws a Vega-Lite specification as one `<svg>` element that scales with its container.
 *
 * @param label what screen readers say of it
 */
export async function drawPlot(spec: TopLevelSpec, label: string): Promise<string> {
  const view = new View(parse(compile({ ...spec, config: { ...config, ...spec.config } }).spec), {
    renderer: "none",
    loader: noLoader,
  });
  const svg = await view.toSVG();
  view.finalize();
  return svg.replace(/^<svg /, `<svg role="img" aria-label="${label.replaceAll('"', "'")}" `);
}

export interface DetCurve {
  readonly name: string;
  readonly points: readonly { readonly far: number; readonly frr: number }[];
}

/** Where the axes of a DET plot are labelled; the first and the last bound it. */
const farTicks = [1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5];
/** Rates below it lie beyond every plot. */
const probitLow = 1e-7;
const frrTicks = [1e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];

/**
 * The detection error trade-off: both axes are scaled by the normal distribution, on which scores that are distributed
 * normally give a straight line. The dashed line joins equal rates.
 */
export function drawDet(curves: readonly DetCurve[]): Promise<string> {
  const [farLow, farHigh] = [farTicks[0]!, farTicks.at(-1)!];
  const [frrLow, frrHigh] = [frrTicks[0]!, frrTicks.at(-1)!];
  const values = curves.flatMap(({ name, points }) =>
    points.map(({ far, frr }, order) => ({
      name,
      order,
      x: probit(clamp(far, probitLow, 1 - probitLow)),
      y: probit(clamp(frr, probitLow, 1 - probitLow)),
    })),
  );
  const equal = [Math.max(farLow, frrLow), Math.min(farHigh, frrHigh)].map((rate) => ({
    x: probit(rate),
    y: probit(rate),
  }));
  const axis = (field: "x" | "y", title: string, ticks: readonly number[]) => ({
    field,
    type: "quantitative" as const,
    scale: { domain: [probit(ticks[0]!), probit(ticks.at(-1)!)], nice: false, zero: false },
    axis: {
      title,
      values: ticks.map(probit),
      labelExpr: labelExpression(ticks),
      labelOverlap: false,
      labelFlush: false,
    },
  });
  const x = axis("x", "false acceptance rate", farTicks);
  const y = axis("y", "false refusal rate", frrTicks);
  return drawPlot(
    {
      width: 460,
      height: 340,
      layer: [
        {
          data: { values: equal },
          mark: { type: "line", strokeDash: [4, 4], color: ink, opacity: 0.4, strokeWidth: 1 },
          encoding: { x, y },
        },
        {
          data: { values },
          mark: { type: "line", strokeWidth: 2, clip: true, interpolate: "step-after" },
          encoding: {
            x,
            y,
            order: { field: "order", type: "quantitative" },
            color: { field: "name", type: "nominal", sort: null, legend: { title: null } },
          },
        },
      ],
    },
    "Detection error trade-off: false refusal rate against false acceptance rate",
  );
}

/** Vega writes the number that it was given; the reader wants the rate that it stands for. */
function labelExpression(ticks: readonly number[]): string {
  return ticks.reduceRight(
    (rest, rate) => `abs(datum.value - (${probit(rate)})) < 1e-6 ? '${percentLabel(rate)}' : ${rest}`,
    "''",
  );
}

function percentLabel(rate: number): string {
  return `${Number((100 * rate).toPrecision(2))} %`;
}

export interface ScoreSeries {
  readonly name: string;
  readonly scores: readonly number[];
}

export interface ScoreMark {
  readonly name: string;
  readonly score: number;
}

const binsMax = 80;

/** How scores are distributed, each series as the share of its own comparisons; marks are vertical lines. */
export function drawScores(
  series: readonly ScoreSeries[],
  marks: readonly ScoreMark[],
  title: string,
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
      width: 460,
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
              scale: { nice: true },
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
    `Distribution of scores: ${series.map(({ name }) => name).join(", ")}`,
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** The normal distribution's quantile, by Newton's method on its distribution function; for shares from 1e-9 to 1 - 1e-9. */
export function probit(share: number): number {
  let z = 0;
  for (let step = 0; step < 60; step++) {
    const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
    const change = clamp((share - normalShare(z)) / density, -1, 1);
    z += change;
    if (Math.abs(change) < 1e-12) break;
  }
  return z;
}

/** The normal distribution function, as a series that converges quickly near the middle. */
function normalShare(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18 && k < 400; k += 2) {
    term *= z ** 2 / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}
