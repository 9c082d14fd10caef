// A confusion matrix as a plot: each row a class, shaded by what became of its photos.
import type { Confusion } from "../../metrics.ts";
import { drawPlot, ink, seriesColours } from "../../report-page/plot.ts";

const cellPx = 78;
/** Ink must be readable on the darkest cell, on light and on dark pages. */
const opacityMax = 0.6;
/** One wrong photo of thousands must be seen too. */
const opacityMin = 0.22;

export function drawConfusion(confusion: Confusion, labels: readonly string[], split: string): Promise<string> {
  const values = confusion.flatMap((row, truth) => {
    const photos = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      truth: labels[truth]!,
      predicted: labels[predicted]!,
      count: String(count),
      share: photos === 0 ? "" : `${((100 * count) / photos).toFixed(1)} %`,
      kind: truth === predicted ? "right" : "wrong",
      opacity: count === 0 ? 0.05 : opacityMin + (opacityMax - opacityMin) * (count / photos),
    }));
  });
  const side = (field: "truth" | "predicted") => ({ field, type: "nominal" as const, sort: [...labels] });
  const axis = { domain: false, ticks: false, labelAngle: 0, labelLimit: cellPx, labelPadding: 6 };
  const x = { ...side("predicted"), axis: { ...axis, title: "taken for", orient: "top" as const } };
  const y = { ...side("truth"), axis: { ...axis, title: "truth" } };
  const text = (field: "count" | "share", dy: number, fontSize: number) => ({
    mark: { type: "text" as const, color: ink, dy, fontSize, opacity: 1 },
    encoding: {
      text: { field },
    },
  });
  const spec = {
    width: cellPx * labels.length,
    height: cellPx * 0.72 * labels.length,
    data: { values },
    encoding: { x, y },
    layer: [
      {
        mark: { type: "rect" as const, cornerRadius: 4 },
        encoding: {
          color: {
            field: "kind",
            type: "nominal" as const,
            scale: { domain: ["right", "wrong"], range: [seriesColours[0]!, seriesColours[1]!] },
            legend: null,
          },
          opacity: { field: "opacity", type: "quantitative" as const, scale: null, legend: null },
        },
      },
      text("count", -7, 17),
      text("share", 13, 11),
    ],
    config: { scale: { bandPaddingInner: 0.04 } },
  };
  const told = confusion.map(
    (row, truth) =>
      `of ${labels[truth]!} ${row.map((count, predicted) => `${count} taken for ${labels[predicted]!}`).join(", ")}`,
  );
  return drawPlot(spec as Parameters<typeof drawPlot>[0], `Confusion matrix, ${split}: ${told.join("; ")}.`);
}
