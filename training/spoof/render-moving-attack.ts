// Renders an attack as a camera sees it go on: a flat thing that a hand moves, or a stand holds, before a scene that stays.
import type { RgbImage } from "../../device/bundle/image.ts";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";
import { drawCamera, ontoSensor, throughLens } from "./camera.ts";
import { type Canvas, canvasFrom } from "./canvas.ts";
import { between, betweenLog, happens } from "./chance.ts";
import { drawArm, drawHands, skinOf } from "./hands.ts";
import type { Pose } from "./homography.ts";
import { type Medium, mount, type PhotoWithFace } from "./medium.ts";
import { printMedium } from "./print.ts";
import { drawMedium, drawRaster, placeMedium, surfaceFrom } from "./render-attack.ts";
import { replayMedium } from "./replay.ts";
import { faceBoxOf, type Rendered, type View } from "./view.ts";

export const movingAttackKinds = ["print", "screen", "filling", "cut-out", "stand"] as const;
/**
 * A print or a screen in a hand; a screen of which the camera sees no edge; a print cut out along the head; a print that
 * nothing moves.
 */
export type MovingAttackKind = (typeof movingAttackKinds)[number];

export interface MovingAttackOptions {
  readonly kind: MovingAttackKind;
  readonly photo: PhotoWithFace;
  /** What stands still behind it. */
  readonly scene: RgbImage;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: number;
  readonly framesPerS: number;
  /** True: it is brought up before the camera while the pictures are taken; false: a hand holds it there already. */
  readonly raised: boolean;
  readonly seed: number;
}

/** Where a hand holds the thing at one moment: away from its first place in faces, nearer by a factor, turned in radians. */
interface Hold {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly pose: Pose;
}

/** The pictures of one attack, in their order; the same seed gives the same pictures. */
export async function* renderMovingAttack(options: MovingAttackOptions): AsyncGenerator<Rendered> {
  const { kind, photo, scene, frames, framesPerS, seed } = options;
  const random = seededRandom(seed);
  const view = drawFrameView(options, random);
  const medium = mediumOf(kind, photo, view.facePx, random);
  const behind = canvasFrom(scene, coverOf(scene, view), view.widthPx, view.heightPx);
  for (let i = 0; i < behind.values.length; i++) behind.values[i]! *= medium.sceneGain;
  const hold = drawHold(options, random);
  // What smears a still picture would smear all of a sequence alike.
  const camera = { ...drawCamera(random), smearPx: 0 };
  const skin = skinOf(photo.image, photo.face);
  const isHeld = kind === "print" || kind === "screen";
  const handsSeed = random.below(2 ** 30);
  for (let i = 0; i < frames; i++) {
    const { pose, x, y, scale } = hold(i / framesPerS);
    const { xPx, yPx } = view.centre;
    const centre = { xPx: xPx + x * view.facePx, yPx: yPx + y * view.facePx };
    const now: View = { ...view, facePx: view.facePx * scale, centre };
    const canvas: Canvas = { ...behind, values: behind.values.slice() };
    const quad = placeMedium(medium, now, pose);
    // The same draws in each frame: the hand keeps its grip.
    const hands = seededRandom(handsSeed);
    if (isHeld) drawArm(canvas, quad, now.facePx, skin, hands);
    const toSurface = surfaceFrom(quad);
    const cover = drawMedium(canvas, toSurface, medium);
    if (isHeld) drawHands(canvas, quad, now.facePx, skin, hands);
    throughLens(canvas, camera);
    drawRaster(canvas, toSurface, medium, cover);
    yield { image: await ontoSensor(canvas, camera, random), faceBox: faceBoxOf(now) };
  }
}

function drawFrameView({ kind, photo, widthPx, heightPx }: MovingAttackOptions, random: SeededRandom): View {
  const facePx = heightPx * between(random, 0.24, 0.38);
  const centre = { xPx: widthPx * between(random, 0.4, 0.6), yPx: heightPx * between(random, 0.4, 0.55) };
  if (kind !== "filling") return { widthPx, heightPx, facePx, centre };
  // The camera sees what the photo shows around the face, and less: so near is the screen.
  const { box } = photo.face;
  const side = Math.max(box.widthPx, box.heightPx);
  const scale = Math.max(facePx / side, (widthPx * 1.2) / photo.image.widthPx, (heightPx * 1.2) / photo.image.heightPx);
  const placeOf = (middlePx: number, photoPx: number, framePx: number) =>
    framePx / 2 + (middlePx - photoPx / 2) * scale * 0.5;
  const xPx = placeOf(box.leftPx + box.widthPx / 2, photo.image.widthPx, widthPx);
  const yPx = placeOf(box.topPx + box.heightPx / 2, photo.image.heightPx, heightPx);
  return { widthPx, heightPx, facePx: side * scale, centre: { xPx, yPx } };
}

function mediumOf(kind: MovingAttackKind, photo: PhotoWithFace, facePx: number, random: SeededRandom): Medium {
  if (kind === "screen") return replayMedium(photo, facePx, random);
  const print = printMedium(photo, facePx, random);
  if (kind === "print" || kind === "stand") return print;
  const { image, face } = photo;
  const whole = { leftPx: 0, topPx: 0, widthPx: image.widthPx, heightPx: image.heightPx };
  const { leftPx, topPx, widthPx, heightPx } = face.box;
  // From the hair to the chin, ears included.
  const head = {
    leftPx: leftPx - widthPx * 0.15,
    topPx: topPx - heightPx * 0.4,
    widthPx: widthPx * 1.3,
    heightPx: heightPx * 1.5,
  };
  const insets = { left: 0, top: 0, right: 0, bottom: 0 };
  const crop = kind === "filling" ? whole : head;
  const mounted = mount({ photo, crop, facePx, insets, surround: [0, 0, 0] });
  return { ...print, ...mounted, bend: { xPx: 0, yPx: 0 }, cornerRatio: kind === "filling" ? 0 : 0.5 };
}

/** A part of the scene of the view's shape. */
function coverOf({ widthPx, heightPx }: RgbImage, view: View) {
  const tallest = Math.min(heightPx, (widthPx * view.heightPx) / view.widthPx);
  const size = { widthPx: (tallest * view.widthPx) / view.heightPx, heightPx: tallest };
  return { ...size, leftPx: (widthPx - size.widthPx) / 2, topPx: (heightPx - size.heightPx) / 2 };
}

/** A hand: it sways slowly, trembles, may come nearer, and tilts what it holds. */
function drawHold({ kind, raised }: MovingAttackOptions, random: SeededRandom): (atS: number) => Hold {
  const straight: Pose = {
    yaw: between(random, -0.2, 0.2),
    pitch: between(random, -0.2, 0.2),
    roll: between(random, -0.08, 0.08),
    distance: between(random, 2.2, 6),
  };
  if (kind === "stand") return () => ({ x: 0, y: 0, scale: 1, pose: straight });
  const sway = betweenLog(random, 0.03, 0.3);
  const across = drawWave(sway, random);
  const down = drawWave(sway * 0.7, random);
  const yaw = drawWave(betweenLog(random, 0.01, 0.12), random);
  const pitch = drawWave(betweenLog(random, 0.01, 0.12), random);
  const roll = drawWave(betweenLog(random, 0.01, 0.08), random);
  const nearerPerS = happens(random, 0.5) ? between(random, 0, 0.12) : 0;
  const below = { x: between(random, -0.6, 0.6), y: between(random, 0.5, 1.2), forS: between(random, 0.15, 0.4) };
  return (atS) => {
    const left = raised ? Math.exp(-atS / below.forS) : 0;
    return {
      x: across(atS) + below.x * left,
      y: down(atS) + below.y * left,
      scale: 1 + nearerPerS * atS,
      pose: {
        ...straight,
        yaw: straight.yaw + yaw(atS),
        pitch: straight.pitch + pitch(atS),
        roll: straight.roll + roll(atS),
      },
    };
  };
}

/** A slow sway of this amplitude and a tremor of a tenth of it; 0 at the start. */
function drawWave(amplitude: number, random: SeededRandom): (atS: number) => number {
  const parts = [
    { size: amplitude, hertz: between(random, 0.2, 0.8), phase: between(random, 0, 2 * Math.PI) },
    { size: amplitude * 0.1, hertz: between(random, 2, 6), phase: between(random, 0, 2 * Math.PI) },
  ];
  const valueAt = (atS: number) =>
    parts.reduce((sum, { size, hertz, phase }) => sum + size * Math.sin(2 * Math.PI * hertz * atS + phase), 0);
  const start = valueAt(0);
  return (atS) => valueAt(atS) - start;
}
