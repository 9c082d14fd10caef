// Draws dark glasses on a genuine face by its landmarks: lenses of several shapes and tints, bridge and temples.
import type { Face, Point } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type Canvas, canvasFrom, type Rgb } from "../spoof/canvas.ts";
import { between, happens, pick } from "../spoof/chance.ts";
import { axesOf, type FaceAxes } from "./face-axes.ts";
import { fillOutline, smoothOutline, strip, toward } from "./outline.ts";

/** A copy of the picture with dark glasses on the face; the same generator state gives the same picture. */
export function renderSunglasses(image: RgbImage, face: Face, random: SeededRandom): Canvas {
  const { widthPx, heightPx } = image;
  const canvas = canvasFrom(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, widthPx, heightPx);
  const axes = axesOf(image, face);
  const frame = drawTint(random);
  const halfWidth = between(random, 0.24, 0.42);
  const halfHeight = halfWidth * between(random, 0.6, 0.95);
  const drop = between(random, -0.02, 0.12);
  const rim = happens(random, 0.6) ? between(random, 0.02, 0.07) : 0;
  const roundness = between(random, 0.2, 1);
  const taper = between(random, -0.35, 0.25);
  const lens = drawLens(axes, random);
  const widthPxOf = (share: number) => Math.max(1, share * axes.lengthPx);
  const sides: (readonly [Point, Point, number])[] = [
    [axes.leftEye, axes.leftEar, -1],
    [axes.rightEye, axes.rightEar, 1],
  ];
  for (const [eye, ear, outward] of sides) {
    const hinge = axes.move(eye, outward * halfWidth, drop - halfHeight * 0.5);
    fillOutline(canvas, strip(hinge, axes.move(ear, 0, -0.2), widthPxOf(between(random, 0.03, 0.09))), 1, () => frame);
  }
  const [left, right] = [axes.move(axes.leftEye, 0.2, drop - 0.05), axes.move(axes.rightEye, -0.2, drop - 0.05)];
  fillOutline(canvas, strip(left, right, widthPxOf(between(random, 0.03, 0.08))), 1, () => frame);
  for (const [eye, , outward] of sides) {
    const middle = axes.move(eye, outward * between(random, 0, 0.05), drop);
    const shape = (grow: number) => {
      const [w, h] = [halfWidth + grow, halfHeight + grow];
      // The lower corners stand nearer together or farther apart than the upper ones.
      const low = w * (1 + taper);
      const corners = [
        axes.move(middle, -w, -h),
        axes.move(middle, w, -h),
        axes.move(middle, low, h),
        axes.move(middle, -low, h),
      ];
      return smoothOutline(
        corners.flatMap((corner, i) => [corner, bulged(middle, corner, corners[(i + 1) % 4]!)]),
        roundness,
      );
    };
    if (rim > 0) fillOutline(canvas, shape(rim), 1, () => frame);
    fillOutline(canvas, shape(0), between(random, 0.82, 1), lens);
  }
  return canvas;
}

/** The middle of a side, moved a little outwards. */
function bulged(middle: Point, from: Point, to: Point): Point {
  return toward(middle, toward(from, to, 0.5), 1.06);
}

function drawTint(random: SeededRandom): Rgb {
  const dark = between(random, 5, 60);
  return pick<Rgb>(random, [
    [dark, dark, dark],
    [dark * 1.2, dark * 0.8, dark * 0.5],
    [dark, dark, dark],
    [190, 170, 110],
  ]);
}

/** Dark, lighter towards the bottom where it is graded, with the sky or a lamp mirrored in it. */
function drawLens(axes: FaceAxes, random: SeededRandom): (x: number, y: number) => number[] {
  const dark = between(random, 8, 55);
  const tint = [between(random, 0.8, 1.3), between(random, 0.85, 1.1), between(random, 0.8, 1.3)];
  const graded = happens(random, 0.4) ? between(random, 0, 120) : 0;
  const mirrored = happens(random, 0.4) ? between(random, 20, 130) : 0;
  const slant = between(random, -1, 1);
  const at = between(random, -0.3, 0.3);
  const width = between(random, 0.05, 0.25);
  const colour = [0, 0, 0];
  return (xPx, yPx) => {
    const [across, down] = axes.place(xPx, yPx);
    const shine = mirrored * Math.exp(-((((across % 0.5) + slant * down - at) / width) ** 2));
    for (let k = 0; k < 3; k++) {
      colour[k] = axes.light * (dark * tint[k]! + Math.max(0, graded * (down + 0.2)) + shine);
    }
    return colour;
  };
}
