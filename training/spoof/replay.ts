// A photo on a screen: phone, tablet or laptop with bezel, glow, the colours of a display, moire, bands and reflections.
import type { Region } from "../../device/bundle/image.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type Canvas, type Rgb, smoothStep } from "./canvas.ts";
import { between, betweenLog, happens, pick } from "./chance.ts";
import {
  cropAround,
  fillRectangle,
  type Light,
  type Medium,
  mount,
  type PhotoWithFace,
  type Raster,
} from "./medium.ts";

interface Device {
  /** Height over width of the screen as it is held. */
  readonly screenAspect: number;
  /** Bezel at the sides and at top and bottom, in shares of the screen's shorter side. */
  readonly sideBezel: readonly [number, number];
  readonly endBezel: readonly [number, number];
  readonly cornerRatio: readonly [number, number];
  readonly pixelsAcross: readonly [number, number];
}

/** Common shapes of phones, tablets and laptops; resolutions of the shorter side. */
const devices: readonly Device[] = [
  ...[16 / 9, 18 / 9, 19.5 / 9, 20 / 9].map((screenAspect) => ({
    screenAspect,
    sideBezel: [0.01, 0.05] as const,
    endBezel: [0.015, 0.08] as const,
    cornerRatio: [0.04, 0.14] as const,
    pixelsAcross: [720, 1440] as const,
  })),
  // Older phones, with room for a button below.
  {
    screenAspect: 16 / 9,
    sideBezel: [0.03, 0.07],
    endBezel: [0.15, 0.3],
    cornerRatio: [0.05, 0.14],
    pixelsAcross: [640, 1080],
  },
  ...[4 / 3, 1.5, 0.75].map((screenAspect) => ({
    screenAspect,
    sideBezel: [0.02, 0.08] as const,
    endBezel: [0.02, 0.12] as const,
    cornerRatio: [0.01, 0.05] as const,
    pixelsAcross: [768, 2048] as const,
  })),
  // Held across, and laptops.
  ...[9 / 16, 9 / 19.5, 0.625].map((screenAspect) => ({
    screenAspect,
    sideBezel: [0.02, 0.12] as const,
    endBezel: [0.01, 0.08] as const,
    cornerRatio: [0, 0.1] as const,
    pixelsAcross: [720, 1440] as const,
  })),
];

/** The screen around the picture, as insets of the picture: bars above and below or at the sides, unless it fills. */
function barsAround(crop: Region, screenAspect: number, random: SeededRandom) {
  const pictureAspect = crop.heightPx / crop.widthPx;
  if (pictureAspect < screenAspect) {
    const bars = (screenAspect / pictureAspect - 1) * between(random, 0, 1);
    const above = happens(random, 0.6) ? 0.5 : between(random, 0.2, 0.8);
    return { left: 0, right: 0, top: bars * above, bottom: bars * (1 - above) };
  }
  const bars = ((pictureAspect / screenAspect - 1) / pictureAspect) * between(random, 0, 1);
  return { left: bars / 2, right: bars / 2, top: 0, bottom: 0 };
}

/** Status line, title and buttons in the bars: short light or dark marks. */
function drawControls(surface: Canvas, screen: Region, picture: Region, ink: Rgb, random: SeededRandom): void {
  const unit = Math.min(screen.widthPx, screen.heightPx);
  const row = (topPx: number, count: number, widthPx: number, heightPx: number) => {
    for (let i = 0; i < count; i++) {
      const leftPx = screen.leftPx + screen.widthPx * ((i + 0.5) / count) - widthPx / 2;
      fillRectangle(surface, { leftPx, topPx, widthPx, heightPx }, ink);
    }
  };
  const above = picture.topPx - screen.topPx;
  const below = screen.topPx + screen.heightPx - picture.topPx - picture.heightPx;
  if (above > unit * 0.08) row(screen.topPx + unit * 0.03, 2 + random.below(3), unit * 0.1, Math.max(1, unit * 0.02));
  if (below > unit * 0.12) {
    const topPx = screen.topPx + screen.heightPx - unit * 0.09;
    row(topPx, 2 + random.below(4), unit * 0.06, Math.max(1, unit * 0.05));
  }
}

/** The display's pixels against the sensor's: sampled without a filter, their beat is the moire that cameras see. */
function drawRaster(device: Device, surface: Canvas, random: SeededRandom): Raster | null {
  const grid = happens(random, 0.6) ? betweenLog(random, 0.015, 0.16) : 0;
  const bands = happens(random, 0.35) ? between(random, 0.01, 0.09) : 0;
  if (grid === 0 && bands === 0) return null;
  const shorter = between(random, ...device.pixelsAcross);
  const upright = surface.heightPx > surface.widthPx;
  const columns = upright ? shorter : (shorter * surface.widthPx) / surface.heightPx;
  const rows = (columns * surface.heightPx) / surface.widthPx;
  const rowShare = between(random, 0.2, 1);
  const tint = between(random, 0, 1);
  const bandPx = betweenLog(random, 12, 160);
  const bandPhase = between(random, 0, 2 * Math.PI);
  return (u, v, yPx, out) => {
    const band = 1 + bands * Math.sin((2 * Math.PI * yPx) / bandPx + bandPhase);
    const lines = rowShare * Math.cos(2 * Math.PI * v * rows);
    for (let k = 0; k < 3; k++) {
      // Red, green and blue stripes lie a third of a pixel apart.
      const stripes = Math.cos(2 * Math.PI * (u * columns + (tint * k) / 3));
      out[k] = band * (1 + grid * (stripes + lines));
    }
  };
}

/** The glass: black that is not black, a window or lamp mirrored, and a faint picture of the room. */
function drawLight(random: SeededRandom): Medium["light"] {
  const brightness = between(random, 0.75, 1.5);
  const blue = between(random, -0.05, 0.16);
  const gains = [brightness * (1 - blue), brightness, brightness * (1 + blue)] as const;
  const haze = betweenLog(random, 2, 28);
  const falloff = between(random, -0.2, 0.2);
  const mirrored = happens(random, 0.4) ? between(random, 25, 170) : 0;
  const lamp = happens(random, 0.4);
  const centre = { u: between(random, 0, 1), v: between(random, 0, 1) };
  const half = lamp ? between(random, 0.02, 0.1) : between(random, 0.06, 0.25);
  const slant = between(random, -0.4, 0.4);
  const soft = between(random, 0.01, 0.06);
  return (u: number, v: number, light: Light) => {
    let shine = haze;
    if (mirrored > 0) {
      const du = u - centre.u + slant * (v - centre.v);
      const dv = v - centre.v;
      const inside = lamp
        ? 1 - smoothStep(half, half * 2, Math.hypot(du, dv))
        : (1 - smoothStep(half - soft, half + soft, Math.abs(du))) *
          (1 - smoothStep(half * 1.4 - soft, half * 1.4 + soft, Math.abs(dv)));
      shine += mirrored * inside;
    }
    const gain = 1 + falloff * (u - 0.5);
    for (let k = 0; k < 3; k++) {
      light.gain[k] = gains[k]! * gain;
      light.add[k] = shine;
    }
  };
}

/**
 * The photo on a screen.
 *
 * @param facePx width of the face on the surface, in pixels
 */
export function replayMedium(photo: PhotoWithFace, facePx: number, random: SeededRandom): Medium {
  const device = pick(random, devices);
  const crop = cropAround(photo, random);
  const black: Rgb = [2, 2, 3];
  const bar: Rgb = happens(random, 0.8) ? black : [235, 235, 238];
  const bars = barsAround(crop, device.screenAspect, random);
  // In shares of the picture's height, as insets are.
  const shorter = Math.min(crop.widthPx / crop.heightPx + bars.left + bars.right, 1 + bars.top + bars.bottom);
  const side = between(random, ...device.sideBezel) * shorter;
  const end = between(random, ...device.endBezel) * shorter;
  const insets = {
    left: bars.left + side,
    right: bars.right + side,
    top: bars.top + end,
    bottom: bars.bottom + end * between(random, 0.8, 1.4),
  };
  const { surface, picture, face } = mount({ photo, crop, facePx, insets, surround: bar });
  paintBezel(surface, picture, { side, end }, random);
  const screen = {
    leftPx: side * picture.heightPx,
    topPx: end * picture.heightPx,
    widthPx: surface.widthPx - 2 * side * picture.heightPx,
    heightPx: surface.heightPx - 2 * end * picture.heightPx,
  };
  if (happens(random, 0.6))
    drawControls(surface, screen, picture, bar === black ? [210, 210, 210] : [40, 40, 40], random);
  return {
    surface,
    face,
    light: drawLight(random),
    cornerRatio: between(random, ...device.cornerRatio),
    bend: { xPx: 0, yPx: 0 },
    raster: drawRaster(device, surface, random),
    glow: happens(random, 0.5) ? between(random, 3, 35) : 0,
    sceneGain: betweenLog(random, 0.35, 1.1),
  };
}

function paintBezel(
  surface: Canvas,
  { heightPx }: Region,
  { side, end }: { readonly side: number; readonly end: number },
  random: SeededRandom,
): void {
  const grey = happens(random, 0.75) ? between(random, 4, 40) : between(random, 150, 235);
  const colour: Rgb = [grey, grey, grey * between(random, 0.97, 1.05)];
  const across = Math.max(1, side * heightPx);
  const along = Math.max(1, end * heightPx);
  const { widthPx: w, heightPx: h } = surface;
  fillRectangle(surface, { leftPx: 0, topPx: 0, widthPx: w, heightPx: along }, colour);
  fillRectangle(surface, { leftPx: 0, topPx: h - along, widthPx: w, heightPx: along }, colour);
  fillRectangle(surface, { leftPx: 0, topPx: 0, widthPx: across, heightPx: h }, colour);
  fillRectangle(surface, { leftPx: w - across, topPx: 0, widthPx: across, heightPx: h }, colour);
}
