// Plane to plane: where a flat thing's points lie in a picture, and back.
import type { Point } from "../../device/bundle/faces.ts";

/** Row by row, the last element 1: `x' = (h0 x + h1 y + h2) / (h6 x + h7 y + h8)`. */
export type Homography = readonly number[];

export type Quad = readonly [Point, Point, Point, Point];

export const point = (xPx: number, yPx: number): Point => ({ xPx, yPx });

export function applyHomography(h: Homography, { xPx: x, yPx: y }: Point): Point {
  const w = h[6]! * x + h[7]! * y + h[8]!;
  return point((h[0]! * x + h[1]! * y + h[2]!) / w, (h[3]! * x + h[4]! * y + h[5]!) / w);
}

/** The homography that takes each of four points to its counterpart; no three of them may lie on a line. */
export function homographyBetween(from: Quad, to: Quad): Homography {
  const rows: number[][] = [];
  for (let i = 0; i < 4; i++) {
    const { xPx: x, yPx: y } = from[i]!;
    const { xPx: u, yPx: v } = to[i]!;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  return [...solve(rows), 1];
}

/** Gauss with pivots, on rows that end in the right-hand side. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column; row < n; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    if (Math.abs(rows[pivot]![column]!) < 1e-12) throw new Error("three of the four points lie on a line");
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let k = column; k <= n; k++) rows[row]![k]! -= factor * rows[column]![k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

export interface Pose {
  /** Angles in radians: about the upright axis, the axis across, and the axis of view. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  /** Distance of the eye in heights of the flat thing: the nearer, the stronger the perspective. */
  readonly distance: number;
}

/** Corners of an upright rectangle of height 1 and width `aspect`, centred on the origin, as seen in this pose. */
export function posedRectangle(aspect: number, { yaw, pitch, roll, distance }: Pose): Quad {
  const corner = (x: number, y: number): Point => {
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const turnedX = x * cy;
    const depth = x * sy;
    const turnedY = y * cp - depth * sp;
    const away = distance + y * sp + depth * cp;
    const [px, py] = [(turnedX * distance) / away, (turnedY * distance) / away];
    return point(px * Math.cos(roll) - py * Math.sin(roll), px * Math.sin(roll) + py * Math.cos(roll));
  };
  const a = aspect / 2;
  return [corner(-a, -0.5), corner(a, -0.5), corner(a, 0.5), corner(-a, 0.5)];
}

export function mapQuad(quad: Quad, map: (corner: Point) => Point): Quad {
  return [map(quad[0]), map(quad[1]), map(quad[2]), map(quad[3])];
}
