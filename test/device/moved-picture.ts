// Drawn frames of a textured room with a face in it: a head that moves before the room, or a picture that takes it along.
import type { Face } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import { lookAround, type SurroundLook } from "../../device/bundle/surround.ts";

const frameSize = { widthPx: 480, heightPx: 400 } as const;
const facePx = 80;

/** Somewhere in a texture that looks alike nowhere: 0 to 255. */
function textureAt(xPx: number, yPx: number, phase: number): number {
  const wave = (x: number, y: number) => Math.sin(xPx * x + yPx * y + phase * 1.7);
  return 128 + 32 * wave(0.11, 0.05) + 32 * wave(-0.06, 0.13) + 32 * wave(0.21, -0.17);
}

export interface Scene {
  /** Where the face is, away from the frame's middle. */
  readonly xPx: number;
  readonly yPx: number;
  /** What goes along with the face, by its place from the face's middle in faces. */
  readonly goesAlong: (across: number, down: number) => boolean;
  /** 0 for a blank wall, 1 for a room full of things. */
  readonly texture?: number;
  readonly light?: number;
}

/** A living head: hair, ears and shoulders go along. */
export const living = (across: number, down: number): boolean =>
  (across / 0.7) ** 2 + (down / 1) ** 2 < 1 || (down > 0.6 && Math.abs(across) < 1.2);
/** A sheet of paper of three faces' width. */
export const flat = (across: number, down: number): boolean => Math.abs(across) < 1.5 && Math.abs(down) < 1.5;

function drawFrame({ xPx, yPx, goesAlong, texture = 1, light = 1 }: Scene): RgbImage {
  const { widthPx, heightPx } = frameSize;
  const data = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const across = x - widthPx / 2 - xPx;
      const down = y - heightPx / 2 - yPx;
      const luma = goesAlong(across / facePx, down / facePx) ? textureAt(across, down, 1) : textureAt(x, y, 0);
      data.fill((128 + (luma - 128) * texture) * light, (y * widthPx + x) * 3, (y * widthPx + x + 1) * 3);
    }
  }
  return { data, widthPx, heightPx };
}

function faceAt({ xPx, yPx }: Pick<Scene, "xPx" | "yPx">): Face {
  const leftPx = frameSize.widthPx / 2 + xPx - facePx / 2;
  const topPx = frameSize.heightPx / 2 + yPx - facePx / 2;
  const places = [
    [0.3, 0.3],
    [0.7, 0.3],
    [0.5, 0.55],
    [0.5, 0.75],
    [0, 0.35],
    [1, 0.35],
  ] as const;
  return {
    box: { leftPx, topPx, widthPx: facePx, heightPx: facePx },
    landmarks: places.map(([x, y]) => ({ xPx: leftPx + x * facePx, yPx: topPx + y * facePx })),
    score: 0.9,
  };
}

export function lookAt(scene: Scene): SurroundLook {
  return lookAround(drawFrame(scene), faceAt(scene));
}
