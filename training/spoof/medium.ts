// A flat thing that shows a face: its picture with whatever surrounds it, and how light falls on it.
import { type Face, frameFace, type Point } from "../../device/bundle/faces.ts";
import type { Region, RgbImage } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type Canvas, canvasFrom, plainCanvas, type Rgb } from "./canvas.ts";
import { between, pick } from "./chance.ts";

/** What light does at one place of the medium: `value * gain + add`, by channel. */
export interface Light {
  readonly gain: [number, number, number];
  readonly add: [number, number, number];
}

export interface Medium {
  /** The whole thing, border or bezel included. */
  readonly surface: Canvas;
  /** Of the face, in pixels of the surface. */
  readonly face: Region;
  /** Sets the light at a place: `u`, `v` from 0 to 1 over the surface. */
  readonly light: (u: number, v: number, light: Light) => void;
  /** Radius of its corners, in shares of the shorter side. */
  readonly cornerRatio: number;
  /** How far it is bent about the upright axis and the axis across, in shares of its size. */
  readonly bend: Point;
  /** What it does at pixels of the sensor, after the lens: moire and bands; null for paper. */
  readonly raster: Raster | null;
  /** Light that it sheds around itself, 0 for none. */
  readonly glow: number;
  /** Gain of everything around it: a lit screen makes the camera close its aperture. */
  readonly sceneGain: number;
}

/** A factor by channel at a pixel of the sensor; `u` and `v` over the surface. */
export type Raster = (u: number, v: number, yPx: number, out: number[]) => void;

/** A genuine photo and the face in it that is attacked with. */
export interface PhotoWithFace {
  readonly image: RgbImage;
  readonly face: Face;
}

/** A part of the photo, its face included, as an attacker would crop it; never beyond the photo. */
export function cropAround({ image, face }: PhotoWithFace, random: SeededRandom): Region {
  const tight = frameFace(face, between(random, 1.1, 1.3));
  const aspect = pick(random, [1, 0.75, 4 / 3, 2 / 3, 1.5, Math.SQRT1_2, 0.5625]);
  const tallest = Math.min(image.widthPx / aspect, image.heightPx);
  const least = Math.min(tallest, Math.max(tight.heightPx, tight.widthPx / aspect));
  const heightPx = between(random, least, tallest);
  const widthPx = heightPx * aspect;
  const place = (from: number, length: number, size: number, limit: number): number => {
    // So that the face lies inside, where the crop is large enough for it, and the crop inside the photo.
    const low = Math.max(0, from + length - size);
    const high = Math.min(limit - size, from);
    const at = low <= high ? between(random, low, high) : from + length / 2 - size / 2;
    return Math.min(limit - size, Math.max(0, at));
  };
  return {
    leftPx: place(tight.leftPx, tight.widthPx, widthPx, image.widthPx),
    topPx: place(tight.topPx, tight.heightPx, heightPx, image.heightPx),
    widthPx,
    heightPx,
  };
}

export interface Insets {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface MountOptions {
  readonly photo: PhotoWithFace;
  readonly crop: Region;
  /** Width of the face in pixels of the surface: about what the camera will see, so that nothing aliases. */
  readonly facePx: number;
  /** Around the picture, in shares of its height. */
  readonly insets: Insets;
  readonly surround: Rgb;
}

/** The cropped picture on its surround; `picture` is where it lies on the surface. */
export function mount({ photo, crop, facePx, insets, surround }: MountOptions): {
  surface: Canvas;
  picture: Region;
  face: Region;
} {
  const { box } = photo.face;
  const scale = facePx / Math.max(box.widthPx, box.heightPx);
  const widthPx = Math.max(8, Math.round(crop.widthPx * scale));
  const heightPx = Math.max(8, Math.round(crop.heightPx * scale));
  const leftPx = Math.round(insets.left * heightPx);
  const topPx = Math.round(insets.top * heightPx);
  const surface = plainCanvas(
    widthPx + leftPx + Math.round(insets.right * heightPx),
    heightPx + topPx + Math.round(insets.bottom * heightPx),
    surround,
  );
  const shown = canvasFrom(photo.image, crop, widthPx, heightPx);
  for (let y = 0; y < heightPx; y++) {
    const row = shown.values.subarray(y * widthPx * 3, (y + 1) * widthPx * 3);
    surface.values.set(row, ((y + topPx) * surface.widthPx + leftPx) * 3);
  }
  return {
    surface,
    picture: { leftPx, topPx, widthPx, heightPx },
    face: {
      leftPx: leftPx + (box.leftPx - crop.leftPx) * scale,
      topPx: topPx + (box.topPx - crop.topPx) * scale,
      widthPx: box.widthPx * scale,
      heightPx: box.heightPx * scale,
    },
  };
}

/** Fills a rectangle of the surface, clipped to it. */
export function fillRectangle(surface: Canvas, { leftPx, topPx, widthPx, heightPx }: Region, colour: Rgb): void {
  const left = Math.max(0, Math.round(leftPx));
  const right = Math.min(surface.widthPx, Math.round(leftPx + widthPx));
  const bottom = Math.min(surface.heightPx, Math.round(topPx + heightPx));
  for (let y = Math.max(0, Math.round(topPx)); y < bottom; y++) {
    for (let x = left; x < right; x++) surface.values.set(colour, (y * surface.widthPx + x) * 3);
  }
}
