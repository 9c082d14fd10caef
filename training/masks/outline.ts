// Closed outlines on a canvas: a smooth curve through a few points, filled with clean edges.
import type { Point } from "../../device/bundle/faces.ts";
import { blend, type Canvas } from "../spoof/canvas.ts";
import { point } from "../spoof/homography.ts";

/** A point between two, or beyond. */
export function toward(from: Point, to: Point, share: number): Point {
  return point(from.xPx + (to.xPx - from.xPx) * share, from.yPx + (to.yPx - from.yPx) * share);
}

const stepsPerCorner = 8;

/**
 * A closed curve through all corners (Catmull-Rom).
 *
 * @param roundness 0 for straight sides, 1 for round ones
 */
export function smoothOutline(corners: readonly Point[], roundness: number): Point[] {
  const count = corners.length;
  const at = (i: number) => corners[(i + count) % count]!;
  return corners.flatMap((_, i) =>
    Array.from({ length: stepsPerCorner }, (_, step) => {
      const t = step / stepsPerCorner;
      const along = (value: (corner: Point) => number) => {
        const [a, b, c, d] = [value(at(i - 1)), value(at(i)), value(at(i + 1)), value(at(i + 2))];
        const [from, to] = [((c - a) / 2) * roundness, ((d - b) / 2) * roundness];
        return b + t * from + t * t * (3 * (c - b) - 2 * from - to) + t * t * t * (2 * (b - c) + from + to);
      };
      return point(
        along(({ xPx }) => xPx),
        along(({ yPx }) => yPx),
      );
    }),
  );
}

const rowsPerPixel = 4;

/** Blends `colourAt` into every pixel inside the outline, in proportion to how much of the pixel is inside. */
export function fillOutline(
  canvas: Canvas,
  outline: readonly Point[],
  opacity: number,
  colourAt: (xPx: number, yPx: number) => ArrayLike<number>,
): void {
  const top = Math.max(0, Math.floor(Math.min(...outline.map(({ yPx }) => yPx))));
  const bottom = Math.min(canvas.heightPx, Math.ceil(Math.max(...outline.map(({ yPx }) => yPx))));
  const inside = new Float32Array(canvas.widthPx);
  for (let y = top; y < bottom; y++) {
    inside.fill(0);
    for (let row = 0; row < rowsPerPixel; row++) addRow(inside, outline, y + (row + 0.5) / rowsPerPixel);
    for (let x = 0; x < canvas.widthPx; x++) {
      if (inside[x]! > 0) blend(canvas, x, y, colourAt(x + 0.5, y + 0.5), Math.min(1, inside[x]!) * opacity);
    }
  }
}

/** Adds what one thin row of the outline covers of each pixel. */
function addRow(inside: Float32Array, outline: readonly Point[], yPx: number): void {
  const crossings: number[] = [];
  for (const [i, from] of outline.entries()) {
    const to = outline[(i + 1) % outline.length]!;
    if (from.yPx <= yPx === to.yPx <= yPx) continue;
    crossings.push(from.xPx + ((yPx - from.yPx) / (to.yPx - from.yPx)) * (to.xPx - from.xPx));
  }
  crossings.sort((a, b) => a - b);
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const left = Math.max(0, crossings[i]!);
    const right = Math.min(inside.length, crossings[i + 1]!);
    for (let x = Math.floor(left); x < right; x++) {
      inside[x]! += Math.max(0, Math.min(x + 1, right) - Math.max(x, left)) / rowsPerPixel;
    }
  }
}

/** A strip of even width between two points, as an outline. */
export function strip(from: Point, to: Point, widthPx: number): Point[] {
  const length = Math.max(1e-6, Math.hypot(to.xPx - from.xPx, to.yPx - from.yPx));
  const x = ((to.yPx - from.yPx) / length) * (widthPx / 2);
  const y = ((from.xPx - to.xPx) / length) * (widthPx / 2);
  return [
    point(from.xPx + x, from.yPx + y),
    point(to.xPx + x, to.yPx + y),
    point(to.xPx - x, to.yPx - y),
    point(from.xPx - x, from.yPx - y),
  ];
}
