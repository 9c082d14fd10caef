// Renders an attack on the camera: a print or a screen that shows a genuine photo, held into another scene.
import type { RgbImage } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { drawCamera, ontoSensor, throughLens } from "./camera.ts";
import { blend, type Canvas, sampleBilinear } from "./canvas.ts";
import { between, happens } from "./chance.ts";
import { drawArm, drawHands, skinOf } from "./hands.ts";
import {
  applyHomography,
  type Homography,
  homographyBetween,
  mapQuad,
  type Pose,
  point,
  posedRectangle,
  type Quad,
} from "./homography.ts";
import type { Light, Medium, PhotoWithFace } from "./medium.ts";
import { printMedium } from "./print.ts";
import { replayMedium } from "./replay.ts";
import { drawView, faceBoxOf, type Rendered, sceneBehind, type View } from "./view.ts";

export const attackKinds = ["print", "replay"] as const;
export type AttackKind = (typeof attackKinds)[number];

/**
 * One picture of an attack; the same generator state gives the same picture.
 *
 * @param scene any picture: the room, or somebody who holds the thing before his own face
 * @param like a genuine photo whose margins around the face the picture takes, so that they tell nothing
 */
export async function renderAttack(
  kind: AttackKind,
  photo: PhotoWithFace,
  scene: RgbImage,
  like: PhotoWithFace,
  random: SeededRandom,
): Promise<Rendered> {
  const view = drawView(like, random);
  const medium = (kind === "print" ? printMedium : replayMedium)(photo, view.facePx, random);
  const canvas = sceneBehind(scene, view, random);
  for (let i = 0; i < canvas.values.length; i++) canvas.values[i]! *= medium.sceneGain;
  const quad = placeMedium(medium, view, drawPose(random));
  const skin = skinOf(photo.image, photo.face);
  const camera = drawCamera(random);
  drawArm(canvas, quad, view.facePx, skin, random);
  const toSurface = surfaceFrom(quad);
  drawShadowOrGlow(canvas, toSurface, medium, random);
  const cover = drawMedium(canvas, toSurface, medium);
  if (happens(random, 0.6)) drawHands(canvas, quad, view.facePx, skin, random);
  throughLens(canvas, camera);
  drawRaster(canvas, toSurface, medium, cover);
  return { image: await ontoSensor(canvas, camera, random), faceBox: faceBoxOf(view) };
}

/** How it is held: mostly straight to the camera, as one holds what shall be recognised. */
function drawPose(random: SeededRandom): Pose {
  const steep = happens(random, 0.3) ? 0.6 : 0.25;
  return {
    yaw: between(random, -steep, steep),
    pitch: between(random, -steep, steep),
    roll: happens(random, 0.7) ? between(random, -0.1, 0.1) : between(random, -0.4, 0.4),
    distance: between(random, 2.2, 6),
  };
}

/** The thing's corners in the picture, so that the face has the size and the place of the view. */
export function placeMedium({ surface, face }: Medium, view: View, pose: Pose): Quad {
  const corners = posedRectangle(surface.widthPx / surface.heightPx, pose);
  const onto = homographyBetween(unitSquare, corners);
  const at = (x: number, y: number) => applyHomography(onto, point(x / surface.widthPx, y / surface.heightPx));
  const middleY = face.topPx + face.heightPx / 2;
  const left = at(face.leftPx, middleY);
  const right = at(face.leftPx + face.widthPx, middleY);
  const scale = view.facePx / Math.hypot(right.xPx - left.xPx, right.yPx - left.yPx);
  const centre = at(face.leftPx + face.widthPx / 2, middleY);
  return mapQuad(corners, ({ xPx, yPx }) =>
    point(view.centre.xPx + (xPx - centre.xPx) * scale, view.centre.yPx + (yPx - centre.yPx) * scale),
  );
}

const unitSquare: Quad = [point(0, 0), point(1, 0), point(1, 1), point(0, 1)];

/** From the picture to the surface, whose corners are those of the unit square. */
export function surfaceFrom(quad: Quad): Homography {
  return homographyBetween(quad, unitSquare);
}

/** Where the surface lies under a pixel, its bend included. */
function surfacePoint(
  toSurface: Homography,
  { bend }: Medium,
  xPx: number,
  yPx: number,
  out: { u: number; v: number },
) {
  const w = toSurface[6]! * xPx + toSurface[7]! * yPx + toSurface[8]!;
  const u = (toSurface[0]! * xPx + toSurface[1]! * yPx + toSurface[2]!) / w;
  const v = (toSurface[3]! * xPx + toSurface[4]! * yPx + toSurface[5]!) / w;
  out.u = u + bend.xPx * (4 * v * (1 - v));
  out.v = v + bend.yPx * (4 * u * (1 - u));
}

/** Distance from the edge of the rounded rectangle in its own pixels: positive inside. */
function insideBy(u: number, v: number, widthPx: number, heightPx: number, radiusPx: number): number {
  const x = Math.abs(u - 0.5) * widthPx - widthPx / 2 + radiusPx;
  const y = Math.abs(v - 0.5) * heightPx - heightPx / 2 + radiusPx;
  return radiusPx - Math.hypot(Math.max(0, x), Math.max(0, y)) - Math.min(0, Math.max(x, y));
}

/** The shadow that it throws, or the light that its screen sheds. */
function drawShadowOrGlow(canvas: Canvas, toSurface: Homography, medium: Medium, random: SeededRandom): void {
  const { widthPx, heightPx } = medium.surface;
  const shadow = medium.glow === 0 && happens(random, 0.4) ? between(random, 0.1, 0.5) : 0;
  if (shadow === 0 && medium.glow === 0) return;
  const reachPx = Math.max(widthPx, heightPx) * between(random, 0.02, 0.12);
  const shift = point(between(random, -0.4, 0.4) * reachPx, between(random, 0, 0.6) * reachPx);
  const place = { u: 0, v: 0 };
  for (let y = 0; y < canvas.heightPx; y++) {
    for (let x = 0; x < canvas.widthPx; x++) {
      surfacePoint(toSurface, medium, x + 0.5 - shift.xPx, y + 0.5 - shift.yPx, place);
      const outside = Math.max(0, -insideBy(place.u, place.v, widthPx, heightPx, 0));
      const share = Math.exp(-((outside / reachPx) ** 2));
      const at = (y * canvas.widthPx + x) * 3;
      for (let k = 0; k < 3; k++)
        canvas.values[at + k] = canvas.values[at + k]! * (1 - shadow * share) + medium.glow * share;
    }
  }
}

/** Draws the thing; returns how much of it each pixel sees, 0 to 1. */
export function drawMedium(canvas: Canvas, toSurface: Homography, medium: Medium): Float32Array {
  const { surface, cornerRatio } = medium;
  const { widthPx, heightPx } = surface;
  const radiusPx = cornerRatio * Math.min(widthPx, heightPx);
  const cover = new Float32Array(canvas.widthPx * canvas.heightPx);
  const place = { u: 0, v: 0 };
  const light: Light = { gain: [1, 1, 1], add: [0, 0, 0] };
  const colour = [0, 0, 0];
  for (let y = 0; y < canvas.heightPx; y++) {
    for (let x = 0; x < canvas.widthPx; x++) {
      surfacePoint(toSurface, medium, x + 0.5, y + 0.5, place);
      const share = Math.min(1, insideBy(place.u, place.v, widthPx, heightPx, radiusPx) + 0.5);
      if (!(share > 0)) continue;
      sampleBilinear(surface, place.u * widthPx, place.v * heightPx, colour);
      medium.light(place.u, place.v, light);
      for (let k = 0; k < 3; k++) colour[k] = Math.min(255, colour[k]! * light.gain[k]! + light.add[k]!);
      blend(canvas, x, y, colour, share);
      cover[y * canvas.widthPx + x] = share;
    }
  }
  return cover;
}

/** What a display does at pixels of the sensor, where the thing covers them. */
export function drawRaster(canvas: Canvas, toSurface: Homography, medium: Medium, cover: Float32Array): void {
  if (medium.raster === null) return;
  const place = { u: 0, v: 0 };
  const factor = [1, 1, 1];
  for (let y = 0; y < canvas.heightPx; y++) {
    for (let x = 0; x < canvas.widthPx; x++) {
      const share = cover[y * canvas.widthPx + x]!;
      if (share === 0) continue;
      surfacePoint(toSurface, medium, x + 0.5, y + 0.5, place);
      medium.raster(place.u, place.v, y, factor);
      const at = (y * canvas.widthPx + x) * 3;
      for (let k = 0; k < 3; k++) canvas.values[at + k]! *= 1 + share * (factor[k]! - 1);
    }
  }
}
