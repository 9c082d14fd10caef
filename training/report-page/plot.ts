// A plot as SVG text, drawn without a browser, in colours that stand on light and on dark pages.
import { createHash } from "node:crypto";
import { type Loader, parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { escaped } from "./escaped.ts";

/** For series, in this order; each has a contrast of at least 3 to 1 on white and on near-black. */
export const seriesColours = ["#3b82d0", "#d9622b", "#2f9e62", "#b25fc4", "#b08a1e", "#d0487a", "#2a9aa8", "#8a7f76"];

/** Text takes the colour of the page around it. */
export const ink = "currentColor";

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
  legend: {
    labelColor: ink,
    titleColor: ink,
    labelFontSize: 12,
    symbolStrokeWidth: 3,
    symbolOpacity: 1,
    orient: "top",
    title: null,
  },
  title: { color: ink },
  range: { category: seriesColours },
};

/** Drawn larger than this, the text of a plot is larger than the page's. */
const enlargementMax = 1.2;

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
  const widthPx = Number(/\bwidth="([\d.]+)"/.exec(svg)?.[1]);
  const style = `max-width:${Math.round(widthPx * enlargementMax)}px`;
  return unique(svg).replace(/^<svg /, `<svg role="img" aria-label="${escaped(label)}" style="${style}" `);
}

/** Vega counts its clip paths from 0 in every plot, and a page holds several. */
function unique(svg: string): string {
  const prefix = `plot-${createHash("sha256").update(svg).digest("hex").slice(0, 8)}`;
  return svg.replaceAll(/(\bid="|url\(#)(?=[a-z]+\d)/g, `$1${prefix}-`);
}
