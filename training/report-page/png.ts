// A plot as PNG, for places that show no SVG.
import sharp from "sharp";

/** Twice the size of a plot in pixels: sharp on today's screens. */
const density = 144;
const [ink, paper] = ["#20242a", "#ffffff"];

/** Draws a plot of `drawPlot` on white. */
export function plotToPng(svg: string): Promise<Uint8Array> {
  return sharp(Buffer.from(svg.replaceAll("currentColor", ink)), { density })
    .flatten({ background: paper })
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}
