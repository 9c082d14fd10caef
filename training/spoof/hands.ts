// Hands that hold a flat thing: fingers over an edge, a palm and an arm below it, in the colour of the face's skin.
import type { Face, Point } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { blend, type Canvas, type Rgb } from "./canvas.ts";
import { between, happens } from "./chance.ts";
import { point, type Quad } from "./homography.ts";

/** The skin of a face: the mean between nose and mouth, and beside it. */
export function skinOf({ data, widthPx, heightPx }: RgbImage, { box, landmarks }: Face): Rgb {
  const nose = landmarks[2]!;
  const reachPx = box.widthPx * 0.18;
  const sum = [0, 0, 0];
  let count = 0;
  for (let y = Math.floor(nose.yPx - reachPx); y < nose.yPx + reachPx; y++) {
    for (let x = Math.floor(nose.xPx - reachPx * 1.5); x < nose.xPx + reachPx * 1.5; x++) {
      if (x < 0 || y < 0 || x >= widthPx || y >= heightPx) continue;
      for (let k = 0; k < 3; k++) sum[k]! += data[(y * widthPx + x) * 3 + k]!;
      count++;
    }
  }
  if (count === 0) return [170, 130, 110];
  return [sum[0]! / count, sum[1]! / count, sum[2]! / count];
}

/** A finger or an arm: a thick line with round ends, lit from one side. */
function drawLimb(canvas: Canvas, from: Point, to: Point, radiusPx: number, skin: Rgb, lightSide: number): void {
  const dx = to.xPx - from.xPx;
  const dy = to.yPx - from.yPx;
  const lengthSquared = Math.max(1e-6, dx * dx + dy * dy);
  const left = Math.max(0, Math.floor(Math.min(from.xPx, to.xPx) - radiusPx - 1));
  const right = Math.min(canvas.widthPx, Math.ceil(Math.max(from.xPx, to.xPx) + radiusPx + 1));
  const top = Math.max(0, Math.floor(Math.min(from.yPx, to.yPx) - radiusPx - 1));
  const bottom = Math.min(canvas.heightPx, Math.ceil(Math.max(from.yPx, to.yPx) + radiusPx + 1));
  const colour = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - from.xPx;
      const py = y + 0.5 - from.yPx;
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const share = Math.min(1, Math.max(0, radiusPx - distance + 0.5));
      if (share === 0) continue;
      const across = ((px * dy - py * dx) / Math.sqrt(lengthSquared) / radiusPx) * lightSide;
      const round = Math.sqrt(Math.max(0, 1 - (distance / radiusPx) ** 2));
      // The last joint is a little redder, and its edge is in shadow.
      const gain = (0.62 + 0.38 * round) * (1 + 0.12 * across);
      for (let k = 0; k < 3; k++) colour[k] = skin[k]! * gain;
      blend(canvas, x, y, colour, share);
    }
  }
}

const along = (a: Point, b: Point, t: number): Point => point(a.xPx + (b.xPx - a.xPx) * t, a.yPx + (b.yPx - a.yPx) * t);

/**
 * Draws what holds the thing at one or two of its lower and side edges; sometimes nothing.
 *
 * @param quad corners in the picture, from the top left, clockwise
 */
export function drawHands(canvas: Canvas, quad: Quad, facePx: number, skin: Rgb, random: SeededRandom): void {
  const centre = along(quad[0], quad[2], 0.5);
  const side = random.next();
  const edges: (readonly [Point, Point])[] = [];
  if (side < 0.35 || side > 0.85) edges.push([quad[3], quad[0]]);
  if (side > 0.3 && side < 0.6) edges.push([quad[1], quad[2]]);
  if (side > 0.55 && side < 0.9) edges.push([quad[3], quad[2]]);
  const tone = between(random, 0.75, 1.15);
  const own: Rgb = [skin[0] * tone, skin[1] * tone * between(random, 0.93, 1.03), skin[2] * tone];
  const lightSide = happens(random, 0.5) ? 1 : -1;
  // A finger is about an eighth of a real face's width; the face on the thing may be larger or smaller than life.
  const radiusPx = facePx * between(random, 0.05, 0.13);
  for (const [from, to] of edges) {
    const count = happens(random, 0.4) ? 1 : 2 + random.below(3);
    const start = between(random, 0.1, 0.6);
    for (let i = 0; i < count; i++) {
      const edge = along(from, to, start + (i * 2.1 * radiusPx) / Math.max(1, distance(from, to)));
      const reach = between(random, 1, 4) * radiusPx;
      const inward = towards(edge, centre, reach);
      const outward = towards(edge, centre, -radiusPx * between(random, 2, 6));
      drawLimb(
        canvas,
        point(outward.xPx, outward.yPx + radiusPx * between(random, 0, 3)),
        inward,
        radiusPx,
        own,
        lightSide,
      );
    }
  }
}

/** An arm from below, behind the thing: drawn before it. */
export function drawArm(canvas: Canvas, quad: Quad, facePx: number, skin: Rgb, random: SeededRandom): void {
  if (!happens(random, 0.4)) return;
  const sleeve: Rgb = happens(random, 0.6)
    ? [between(random, 10, 200), between(random, 10, 200), between(random, 10, 200)]
    : skin;
  const at = along(quad[3], quad[2], between(random, -0.1, 1.1));
  const from = point(at.xPx + between(random, -1, 1) * facePx, canvas.heightPx + facePx * 0.3);
  drawLimb(canvas, from, at, facePx * between(random, 0.2, 0.38), sleeve, 1);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.xPx - b.xPx, a.yPx - b.yPx);
}

function towards(from: Point, to: Point, lengthPx: number): Point {
  return along(from, to, lengthPx / Math.max(1e-6, distance(from, to)));
}
