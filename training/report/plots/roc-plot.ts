// The receiver operating characteristic: what share of the owner's photos is accepted at which share of others'.
import { drawPlot, ink } from "../../report-page/plot.ts";
import { plotWidthPx, shareAxis } from "./plot-style.ts";

export interface RocCurve {
  readonly name: string;
  readonly points: readonly { readonly far: number; readonly frr: number }[];
  readonly areaUnderCurve: number;
  /** Where the threshold in use lies. */
  readonly chosen: { readonly far: number; readonly frr: number };
}

export function drawRoc(curves: readonly RocCurve[]): Promise<string> {
  const values = curves.flatMap(({ name, points }) =>
    points.map(({ far, frr }, order) => ({ name, order, far, tar: 1 - frr })),
  );
  const chosen = curves.map(({ name, chosen: { far, frr } }) => ({ name, far, tar: 1 - frr }));
  const axis = (field: "far" | "tar", title: string) => ({
    field,
    type: "quantitative" as const,
    scale: { domain: [0, 1], nice: false },
    axis: { title, tickCount: 5, ...shareAxis },
  });
  const x = axis("far", "others accepted");
  const y = axis("tar", "the owner accepted");
  const color = { field: "name", type: "nominal" as const, sort: null };
  return drawPlot(
    {
      width: plotWidthPx,
      height: 280,
      layer: [
        {
          data: { values: [0, 1].map((share) => ({ far: share, tar: share })) },
          mark: { type: "line", strokeDash: [4, 4], color: ink, opacity: 0.4, strokeWidth: 1 },
          encoding: { x, y },
        },
        {
          data: { values },
          mark: { type: "line", strokeWidth: 2.5 },
          encoding: { x, y, order: { field: "order", type: "quantitative" }, color },
        },
        {
          data: { values: chosen },
          mark: { type: "point", filled: true, size: 80, opacity: 1 },
          encoding: { x, y, color },
        },
      ],
    },
    `Receiver operating characteristic: ${curves
      .map(
        ({ name, areaUnderCurve, chosen: { far, frr } }) =>
          `${name} has an area under the curve of ${areaUnderCurve.toFixed(4)}; its threshold accepts ${(100 * (1 - frr)).toFixed(1)} % of the owner's photos and ${(100 * far).toFixed(1)} % of the others'`,
      )
      .join("; ")}.`,
  );
}
