// A face's own axes out of its landmarks, and the light on it: what is worn follows both.
import type { Face, Point } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import { skinOf } from "../spoof/hands.ts";
import { point } from "../spoof/homography.ts";

export interface FaceAxes {
  /** Between the eyes. */
  readonly eyes: Point;
  readonly nose: Point;
  readonly mouth: Point;
  /** Those at the picture's left and right. */
  readonly leftEye: Point;
  readonly rightEye: Point;
  readonly leftEar: Point;
  readonly rightEar: Point;
  /** From the eyes to the mouth. */
  readonly lengthPx: number;
  /** Moves a point along the face: `across` to the picture's right, `down` to the chin, in lengths. */
  readonly move: (from: Point, across: number, down: number) => Point;
  /** A point's place: across and down from between the eyes, in lengths. */
  readonly place: (xPx: number, yPx: number) => readonly [number, number];
  /** Mean light on the skin, 1 for a well lit face. */
  readonly light: number;
}

export function axesOf(image: RgbImage, face: Face): FaceAxes {
  const [leftEye, rightEye, nose, mouth, leftEar, rightEar] = face.landmarks as [
    Point,
    Point,
    Point,
    Point,
    Point,
    Point,
  ];
  const eyes = point((leftEye.xPx + rightEye.xPx) / 2, (leftEye.yPx + rightEye.yPx) / 2);
  const lengthPx = Math.max(1, Math.hypot(mouth.xPx - eyes.xPx, mouth.yPx - eyes.yPx));
  const [downX, downY] = [(mouth.xPx - eyes.xPx) / lengthPx, (mouth.yPx - eyes.yPx) / lengthPx];
  const [red, green, blue] = skinOf(image, face);
  return {
    eyes,
    nose,
    mouth,
    leftEye,
    rightEye,
    leftEar,
    rightEar,
    lengthPx,
    move: ({ xPx, yPx }, across, down) =>
      point(xPx + (across * downY + down * downX) * lengthPx, yPx + (-across * downX + down * downY) * lengthPx),
    place: (xPx, yPx) => {
      const [x, y] = [(xPx - eyes.xPx) / lengthPx, (yPx - eyes.yPx) / lengthPx];
      return [x * downY - y * downX, x * downX + y * downY];
    },
    light: Math.min(1.3, Math.max(0.3, (0.299 * red + 0.587 * green + 0.114 * blue) / 150)),
  };
}
