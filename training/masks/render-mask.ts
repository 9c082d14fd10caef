// Draws a face mask on a genuine face by its landmarks: surgical, pleated, moulded or cloth, of any colour, with straps.
import type { Face, Point } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type Canvas, canvasFrom, type Rgb } from "../spoof/canvas.ts";
import { between, gaussian, happens, pick } from "../spoof/chance.ts";
import { axesOf, type FaceAxes } from "./face-axes.ts";
import { fillOutline, smoothOutline, strip, toward } from "./outline.ts";

/** A copy of the picture with a mask on the face; the same generator state gives the same picture. */
export function renderMask(image: RgbImage, face: Face, random: SeededRandom): Canvas {
  const { widthPx, heightPx } = image;
  const canvas = canvasFrom(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, widthPx, heightPx);
  const axes = axesOf(image, face);
  const corners = drawCorners(axes, random);
  const cloth = drawCloth(axes, corners, random);
  drawStraps(canvas, axes, corners, random);
  const outline = smoothOutline(Object.values(corners), between(random, 0.3, 0.9));
  // Its edge throws a little shadow on the cheek.
  const shadow = smoothOutline(
    Object.values(corners).map((corner) => axes.move(toward(axes.mouth, corner, 1.03), 0, 0.02)),
    0.6,
  );
  fillOutline(canvas, shadow, between(random, 0, 0.4), () => [20, 16, 14]);
  fillOutline(canvas, outline, happens(random, 0.1) ? between(random, 0.85, 1) : 1, cloth);
  return canvas;
}

/** Clockwise from the bridge of the nose. */
interface Corners {
  readonly bridge: Point;
  readonly topRight: Point;
  readonly bottomRight: Point;
  readonly chin: Point;
  readonly bottomLeft: Point;
  readonly topLeft: Point;
}

function drawCorners(axes: FaceAxes, random: SeededRandom): Corners {
  const { eyes, nose, mouth, leftEar, rightEar, move } = axes;
  const inward = between(random, 0.08, 0.42);
  const topDown = between(random, 0.1, 0.45);
  const bottomDown = between(random, 0.55, 0.95);
  const side = (ear: Point, down: number, share: number) => move(toward(ear, mouth, share), 0, down - share);
  const uneven = () => between(random, -0.04, 0.04);
  return {
    bridge: move(toward(eyes, nose, between(random, 0.25, 0.75)), uneven(), 0),
    topRight: side(rightEar, topDown + uneven() + inward * 0.8, inward),
    bottomRight: side(rightEar, bottomDown + uneven() + inward * 0.8, inward + between(random, 0, 0.15)),
    chin: move(mouth, uneven(), between(random, 0.55, 1)),
    bottomLeft: side(leftEar, bottomDown + uneven() + inward * 0.8, inward + between(random, 0, 0.15)),
    topLeft: side(leftEar, topDown + uneven() + inward * 0.8, inward),
  };
}

/** White, surgical blue and green, black, grey, skin tones and anything else. */
function drawColour(random: SeededRandom): Rgb {
  const base = pick<Rgb>(random, [
    [235, 238, 240],
    [160, 200, 220],
    [120, 170, 205],
    [150, 205, 195],
    [28, 28, 32],
    [70, 72, 78],
    [150, 150, 155],
    [200, 165, 140],
    [between(random, 0, 255), between(random, 0, 255), between(random, 0, 255)],
    [between(random, 0, 255), between(random, 0, 255), between(random, 0, 255)],
  ]);
  const shift = () => between(random, -18, 18);
  return [base[0] + shift(), base[1] + shift(), base[2] + shift()];
}

type Pattern = (across: number, down: number) => number;

/** What is printed or woven on it: a second colour's share at a place. */
function drawPattern(random: SeededRandom): Pattern {
  const kind = random.next();
  const period = between(random, 0.08, 0.35);
  const angle = between(random, 0, Math.PI);
  const [x, y] = [Math.cos(angle) / period, Math.sin(angle) / period];
  if (kind < 0.1) return (across, down) => (Math.sin(2 * Math.PI * (across * x + down * y)) > 0 ? 1 : 0);
  if (kind < 0.2) {
    return (across, down) =>
      Math.hypot(((across / period) % 1) - Math.sign(across) * 0.5, ((down / period) % 1) - 0.5) < 0.28 ? 1 : 0;
  }
  if (kind < 0.32) {
    const waves = Array.from({ length: 4 }, () => [between(random, -9, 9), between(random, -9, 9), random.next() * 6]);
    return (across, down) =>
      waves.reduce((sum, [u, v, phase]) => sum + Math.sin(u! * across + v! * down + phase!), 0) > 0.6 ? 1 : 0;
  }
  // A label on one side.
  if (kind < 0.4) {
    const centre = [between(random, -0.5, 0.5), between(random, 0.6, 1.2)] as const;
    return (across, down) => (Math.abs(across - centre[0]) < 0.14 && Math.abs(down - centre[1]) < 0.07 ? 1 : 0);
  }
  return () => 0;
}

/** Lines across it: pleats of a surgical mask, the seam of a moulded one, or none. */
function drawRelief(random: SeededRandom): Pattern {
  const kind = random.next();
  const depth = between(random, 0.06, 0.3);
  const ridge = (distance: number, width: number) => Math.exp(-((distance / width) ** 2));
  if (kind < 0.45) {
    const pleats = Array.from({ length: 2 + random.below(3) }, (_, i) => 0.62 + i * between(random, 0.16, 0.26));
    return (across, down) =>
      pleats.reduce((sum, at) => sum - depth * ridge(down - at - 0.06 * across * across, 0.025), 0) +
      0.3 * depth * Math.sin(down * 14);
  }
  if (kind < 0.75) {
    const width = between(random, 0.015, 0.05);
    return (across) => depth * ridge(across, width) - depth * ridge(across - width * 2, width * 1.5);
  }
  return () => 0;
}

/** The colour of the cloth at each pixel: its own, lit as the face is, round about the upright axis. */
function drawCloth(
  axes: FaceAxes,
  { bridge, chin }: Corners,
  random: SeededRandom,
): (x: number, y: number) => number[] {
  const own = drawColour(random);
  const second = drawColour(random);
  const pattern = drawPattern(random);
  const relief = drawRelief(random);
  const roundness = between(random, 0.05, 0.5);
  const slope = between(random, -0.3, 0.3);
  const weave = happens(random, 0.5) ? between(random, 0.5, 6) : 0;
  const [, top] = axes.place(bridge.xPx, bridge.yPx);
  const [, bottom] = axes.place(chin.xPx, chin.yPx);
  // The nose and the chin bulge it out: a highlight above, shade below.
  const bulge = between(random, 0, 0.22);
  const colour = [0, 0, 0];
  return (xPx, yPx) => {
    const [across, down] = axes.place(xPx, yPx);
    const height = (down - top) / Math.max(0.1, bottom - top);
    const share = pattern(across, down);
    const gain =
      axes.light *
      (1 - roundness * across * across + slope * across + relief(across, down) + bulge * (0.4 - height)) *
      0.97;
    const speck = weave === 0 ? 0 : weave * gaussian(random);
    for (let k = 0; k < 3; k++) colour[k] = (own[k]! + (second[k]! - own[k]!) * share) * gain + speck;
    return colour;
  };
}

function drawStraps(canvas: Canvas, axes: FaceAxes, corners: Corners, random: SeededRandom): void {
  if (happens(random, 0.15)) return;
  const grey = happens(random, 0.7) ? between(random, 190, 250) : between(random, 15, 80);
  const colour = [grey * axes.light, grey * axes.light, grey * axes.light];
  const widthPx = axes.lengthPx * between(random, 0.02, 0.06);
  const pairs: (readonly [Point, Point, Point])[] = [
    [corners.topLeft, corners.bottomLeft, axes.leftEar],
    [corners.topRight, corners.bottomRight, axes.rightEar],
  ];
  for (const [top, bottom, ear] of pairs) {
    fillOutline(canvas, strip(top, axes.move(ear, 0, -0.12), widthPx), 1, () => colour);
    fillOutline(canvas, strip(bottom, axes.move(ear, 0, 0.25), widthPx), 1, () => colour);
  }
}
