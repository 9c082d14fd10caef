// A printed photo: ink that reaches neither black nor full colour, paper around it, folds, bends and gloss.
import type { Region } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Canvas, Rgb } from "./canvas.ts";
import { between, betweenLog, gaussian, happens, pick } from "./chance.ts";
import { cropAround, type Insets, type Light, type Medium, mount, type PhotoWithFace } from "./medium.ts";

/** Paper around the picture, in shares of its height. */
function drawMargins(random: SeededRandom): Insets {
  const kind = random.next();
  // Cut out along the picture.
  if (kind < 0.25) return { left: 0, top: 0, right: 0, bottom: 0 };
  if (kind < 0.7) {
    const margin = betweenLog(random, 0.015, 0.12);
    const uneven = () => margin * between(random, 0.7, 1.3);
    const bottom = uneven() * (happens(random, 0.15) ? 3 : 1);
    return { left: uneven(), top: uneven(), right: uneven(), bottom };
  }
  // A sheet of which the picture takes a part.
  const wide = () => between(random, 0.08, 0.5);
  return { left: wide(), top: wide(), right: wide(), bottom: wide() };
}

/** Tint of paper in the light around. */
function drawPaper(random: SeededRandom): Rgb {
  const bright = between(random, 190, 250);
  const warm = between(random, -8, 10);
  return [bright + warm, bright, bright - warm];
}

/** Ink: contrast between ink and paper, colours drawn together, dots or bands of the printer. */
function printInk({ values, widthPx }: Canvas, { leftPx, topPx, ...size }: Region, paper: Rgb, random: SeededRandom) {
  const black = between(random, 12, 60);
  const saturation = happens(random, 0.12) ? 0 : between(random, 0.6, 1.05);
  const cast = [between(random, 0.93, 1.07), between(random, 0.95, 1.05), between(random, 0.93, 1.07)];
  const gamma = between(random, 0.8, 1.3);
  const dots = happens(random, 0.35) ? between(random, 0.03, 0.16) : 0;
  const pitchPx = between(random, 1.6, 3.6);
  const screenAngle = between(random, 0, Math.PI / 2);
  const grain = happens(random, 0.5) ? between(random, 1, 7) : 0;
  const bands = happens(random, 0.3) ? between(random, 0.02, 0.08) : 0;
  const bandPx = between(random, 3, 14);
  for (let y = topPx; y < topPx + size.heightPx; y++) {
    const band = 1 - bands * (0.5 + 0.5 * Math.sin((2 * Math.PI * y) / bandPx));
    for (let x = leftPx; x < leftPx + size.widthPx; x++) {
      const at = (y * widthPx + x) * 3;
      const luma = 0.299 * values[at]! + 0.587 * values[at + 1]! + 0.114 * values[at + 2]!;
      const speck = grain === 0 ? 0 : grain * gaussian(random);
      for (let k = 0; k < 3; k++) {
        const colour = luma + (values[at + k]! - luma) * saturation;
        // Each ink has its screen at another angle.
        const angle = screenAngle + (k * Math.PI) / 6;
        const dot =
          dots === 0
            ? 0
            : dots *
              Math.cos((2 * Math.PI * (x * Math.cos(angle) + y * Math.sin(angle))) / pitchPx) *
              Math.cos((2 * Math.PI * (y * Math.cos(angle) - x * Math.sin(angle))) / pitchPx);
        const share = Math.min(1, Math.max(0, (colour / 255) * cast[k]!)) ** gamma + dot;
        values[at + k] = (black + (paper[k]! - black) * Math.min(1, Math.max(0, share))) * band + speck;
      }
    }
  }
}

/** Shade along one straight fold: one side catches the light, the crease itself is darker or worn. */
function drawFolds(random: SeededRandom): (u: number, v: number) => number {
  const count = happens(random, 0.35) ? 1 + random.below(2) : 0;
  const folds = Array.from({ length: count }, () => {
    const angle = happens(random, 0.7) ? pick(random, [0, Math.PI / 2]) + between(random, -0.05, 0.05) : random.next();
    return {
      x: Math.cos(angle),
      y: Math.sin(angle),
      at: between(random, 0.2, 0.8),
      step: between(random, -0.14, 0.14),
      crease: between(random, -0.25, 0.2),
      width: between(random, 0.004, 0.015),
    };
  });
  return (u, v) => {
    let gain = 1;
    for (const { x, y, at, step, crease, width } of folds) {
      const distance = (u - 0.5) * x + (v - 0.5) * y + 0.5 - at;
      gain *= 1 + step * Math.tanh(distance / 0.03) + crease * Math.exp(-((distance / width) ** 2));
    }
    return gain;
  };
}

/** Slow shading of a bent sheet, folds, and the broad highlight of glossy paper. */
function drawLight(random: SeededRandom): Medium["light"] {
  const fold = drawFolds(random);
  const slope = { u: between(random, -0.25, 0.25), v: between(random, -0.2, 0.2) };
  const gloss = happens(random, 0.4) ? betweenLog(random, 15, 130) : 0;
  const centre = { u: between(random, -0.2, 1.2), v: between(random, -0.2, 1.2) };
  const width = { u: between(random, 0.08, 0.5), v: between(random, 0.08, 0.9) };
  return (u: number, v: number, light: Light) => {
    const gain = fold(u, v) * (1 + slope.u * (u - 0.5) + slope.v * (v - 0.5));
    const shine =
      gloss === 0 ? 0 : gloss * Math.exp(-(((u - centre.u) / width.u) ** 2) - ((v - centre.v) / width.v) ** 2);
    for (let k = 0; k < 3; k++) {
      light.gain[k] = gain;
      light.add[k] = shine;
    }
  };
}

/**
 * A print of the photo.
 *
 * @param facePx width of the face on the surface, in pixels
 */
export function printMedium(photo: PhotoWithFace, facePx: number, random: SeededRandom): Medium {
  const paper = drawPaper(random);
  const crop = cropAround(photo, random);
  const { surface, picture, face } = mount({ photo, crop, facePx, insets: drawMargins(random), surround: paper });
  printInk(surface, picture, paper, random);
  const bent = happens(random, 0.5);
  return {
    surface,
    face,
    light: drawLight(random),
    cornerRatio: happens(random, 0.05) ? between(random, 0.02, 0.08) : 0,
    bend: bent ? { xPx: between(random, -0.05, 0.05), yPx: between(random, -0.05, 0.05) } : { xPx: 0, yPx: 0 },
    raster: null,
    glow: 0,
    sceneGain: between(random, 0.7, 1.15),
  };
}
