// The detection error trade-off as a plot.
import { drawPlot, ink } from "./plot.ts";
import { probit } from "./probit.ts";

export interface DetCurve {
  readonly name: string;
  readonly points: readonly { readonly far: number; readonly frr: number }[];
}

/** Where an axis of a DET plot is labelled; the first and the last bound it. */
export type DetTicks = readonly number[];

const farTicks: DetTicks = [1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5];
/** Rates below it lie beyond every plot. */
const probitLow = 1e-7;
const frrTicks: DetTicks = [1e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];

export interface DetDrawing {
  readonly far?: DetTicks;
  readonly frr?: DetTicks;
  readonly widthPx?: number;
  /** What a screen reader says besides the axes. */
  readonly summary?: string;
}

/**
 * The detection error trade-off: both axes are scaled by the normal distribution, on which scores that are distributed
 * normally give a straight line. The dashed line joins equal rates.
 */
export function drawDet(
  curves: readonly DetCurve[],
  { far = farTicks, frr = frrTicks, widthPx = 460, summary = "" }: DetDrawing = {},
): Promise<string> {
  const [farLow, farHigh] = [far[0]!, far.at(-1)!];
  const [frrLow, frrHigh] = [frr[0]!, frr.at(-1)!];
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
  const axis = (field: "x" | "y", title: string, ticks: DetTicks) => ({
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
  const x = axis("x", "false acceptance rate", far);
  const y = axis("y", "false refusal rate", frr);
  return drawPlot(
    {
      width: widthPx,
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
    `Detection error trade-off: false refusal rate against false acceptance rate. ${summary}`.trim(),
  );
}

/** Vega writes the number that it was given; the reader wants the rate that it stands for. */
function labelExpression(ticks: DetTicks): string {
  return ticks.reduceRight(
    (rest, rate) => `abs(datum.value - (${probit(rate)})) < 1e-6 ? '${percentLabel(rate)}' : ${rest}`,
    "''",
  );
}

function percentLabel(rate: number): string {
  return `${Number((100 * rate).toPrecision(2))} %`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
