// What the camera adds to any picture, genuine or not: lens, exposure, white balance, noise, JPEG.
import sharp from "sharp";
import type { RgbImage } from "../../device/bundle/image.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { blur, type Canvas, imageOf, smear } from "./canvas.ts";
import { between, betweenLog, gaussian, happens } from "./chance.ts";

/**
 * One camera, drawn once a picture. Genuine and attacking pictures draw from the same distribution, so that nothing
 * can be learnt from it.
 */
export interface CameraEffects {
  readonly blurSigmaPx: number;
  readonly smearPx: number;
  readonly smearAngle: number;
  readonly gains: readonly [number, number, number];
  readonly gamma: number;
  readonly noise: number;
  readonly jpegQuality: number;
}

export function drawCamera(random: SeededRandom): CameraEffects {
  const exposure = betweenLog(random, 0.7, 1.35);
  const warmth = between(random, -0.08, 0.08);
  return {
    blurSigmaPx: happens(random, 0.6) ? between(random, 0, 1.3) : 0,
    smearPx: happens(random, 0.15) ? between(random, 2, 5) : 0,
    smearAngle: between(random, 0, Math.PI),
    gains: [exposure * (1 + warmth), exposure, exposure * (1 - warmth)],
    gamma: between(random, 0.85, 1.2),
    noise: happens(random, 0.5) ? betweenLog(random, 0.5, 6) : 0,
    jpegQuality: Math.round(between(random, 55, 96)),
  };
}

/** Lens and hand: what happens to light before it meets the sensor. */
export function throughLens(canvas: Canvas, { blurSigmaPx, smearPx, smearAngle }: CameraEffects): void {
  blur(canvas, blurSigmaPx);
  if (smearPx > 0) smear(canvas, smearPx, smearAngle);
}

/** Sensor and file: exposure, noise, and a JPEG written and read again. */
export async function ontoSensor(
  canvas: Canvas,
  { gains, gamma, noise, jpegQuality }: CameraEffects,
  random: SeededRandom,
): Promise<RgbImage> {
  const { values } = canvas;
  const curve = Float32Array.from({ length: 1024 }, (_, i) => 255 * (i / 1023) ** gamma);
  for (let at = 0; at < values.length; at += 3) {
    for (let k = 0; k < 3; k++) {
      const lit = Math.min(1023, Math.max(0, values[at + k]! * gains[k]! * (1023 / 255)));
      values[at + k] = curve[Math.round(lit)]! + (noise === 0 ? 0 : noise * gaussian(random));
    }
  }
  const { data, widthPx: width, heightPx: height } = imageOf(canvas);
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: jpegQuality })
    .toBuffer();
  return decodeJpeg(jpeg);
}
