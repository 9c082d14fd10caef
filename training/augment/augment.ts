// Makes a variant of a prepared picture: moved and turned, lit otherwise, partly covered, blurred, saved again.
import sharp from "sharp";
import type { RgbImage } from "../../device/bundle/image.ts";
import { resample } from "../../device/bundle/resample.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import { type Augmentation, drawAugmentation, type Occlusion } from "./draw.ts";

/** The variant of a picture; see `drawAugmentation`. */
export async function makeVariant(image: RgbImage, seed: number, digest: string, variant: number): Promise<RgbImage> {
  return augment(image, drawAugmentation(seed, digest, variant));
}

/** The changed picture, as large as the original; what comes from beyond its border repeats the border. */
export async function augment(image: RgbImage, augmentation: Augmentation): Promise<RgbImage> {
  const { occlusion, blur, jpegQuality } = augmentation;
  let changed = relight(move(image, augmentation), augmentation);
  if (occlusion !== null) changed = cover(changed, occlusion);
  if (blur > 1) changed = soften(changed, blur);
  return jpegQuality === null ? changed : saveAgain(changed, jpegQuality);
}

/** Reads between four neighbours: a variant is about as large as its picture, so there is no detail to average. */
function move(image: RgbImage, { flip, shiftX, shiftY, zoom, angleRad }: Augmentation): RgbImage {
  if (shiftX === 0 && shiftY === 0 && zoom === 1 && angleRad === 0) return flip ? mirror(image) : image;
  const { data, widthPx, heightPx } = image;
  const out = new Uint8Array(data.length);
  const cos = Math.cos(angleRad) / zoom;
  const sin = Math.sin(angleRad) / zoom;
  const centreX = widthPx / 2;
  const centreY = heightPx / 2;
  const stepX = flip ? -cos : cos;
  const stepY = flip ? -sin : sin;
  const rightmost = widthPx - 1.001;
  const lowest = heightPx - 1.001;
  let to = 0;
  for (let v = 0; v < heightPx; v++) {
    const across = (flip ? centreX - 0.5 : 0.5 - centreX) - shiftX * widthPx;
    const down = v + 0.5 - centreY - shiftY * heightPx;
    let x = cos * across - sin * down + centreX - 0.5;
    let y = sin * across + cos * down + centreY - 0.5;
    for (let u = 0; u < widthPx; u++, x += stepX, y += stepY, to += 3) {
      const inX = x < 0 ? 0 : x > rightmost ? rightmost : x;
      const inY = y < 0 ? 0 : y > lowest ? lowest : y;
      const left = inX | 0;
      const top = inY | 0;
      const right = inX - left;
      const below = inY - top;
      const at = (top * widthPx + left) * 3;
      const under = at + widthPx * 3;
      for (let k = 0; k < 3; k++) {
        const upper = data[at + k]! + (data[at + k + 3]! - data[at + k]!) * right;
        const lower = data[under + k]! + (data[under + k + 3]! - data[under + k]!) * right;
        out[to + k] = upper + (lower - upper) * below + 0.5;
      }
    }
  }
  return { data: out, widthPx, heightPx };
}

function mirror({ data, widthPx, heightPx }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const from = (y * widthPx + x) * 3;
      const to = (y * widthPx + widthPx - 1 - x) * 3;
      mirrored[to] = data[from]!;
      mirrored[to + 1] = data[from + 1]!;
      mirrored[to + 2] = data[from + 2]!;
    }
  }
  return { data: mirrored, widthPx, heightPx };
}

/** Contrast, colour, light and tone, by a table of the 256 values of each channel. */
function relight(image: RgbImage, { gains, light, gamma }: Augmentation): RgbImage {
  if (gamma === 1 && light === 0 && gains.every((gain) => gain === 1)) return image;
  const [red, green, blue] = gains.map((gain) =>
    Uint8ClampedArray.from({ length: 256 }, (_, value) => {
      const toned = 255 * (value / 255) ** gamma;
      return (toned - 127.5) * gain + 127.5 + light;
    }),
  ) as [Uint8ClampedArray, Uint8ClampedArray, Uint8ClampedArray];
  const { data, widthPx, heightPx } = image;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i += 3) {
    out[i] = red[data[i]!]!;
    out[i + 1] = green[data[i + 1]!]!;
    out[i + 2] = blue[data[i + 2]!]!;
  }
  return { data: out, widthPx, heightPx };
}

function cover({ data, widthPx, heightPx }: RgbImage, { left, top, width, height, rgb }: Occlusion): RgbImage {
  const out = data.slice();
  const bottomPx = Math.round((top + height) * heightPx);
  const rightPx = Math.round((left + width) * widthPx);
  for (let y = Math.round(top * heightPx); y < bottomPx; y++) {
    for (let x = Math.round(left * widthPx); x < rightPx; x++) out.set(rgb, (y * widthPx + x) * 3);
  }
  return { data: out, widthPx, heightPx };
}

/** Shrinks and enlarges again with the one kernel of the project: what a face further away looks like. */
function soften(image: RgbImage, blur: number): RgbImage {
  const { widthPx, heightPx } = image;
  const small = scale(image, Math.max(8, Math.round(widthPx / blur)), Math.max(8, Math.round(heightPx / blur)));
  return scale(small, widthPx, heightPx);
}

function scale(image: RgbImage, widthPx: number, heightPx: number): RgbImage {
  const values = new Float32Array(widthPx * heightPx * 3);
  const whole = { leftPx: 0, topPx: 0, widthPx: image.widthPx, heightPx: image.heightPx };
  resample(image, whole, widthPx, heightPx, values);
  const data = new Uint8Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = values[i]! + 0.5;
  return { data, widthPx, heightPx };
}

async function saveAgain({ data, widthPx, heightPx }: RgbImage, quality: number): Promise<RgbImage> {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  return decodeJpeg(await sharp(data, { raw }).jpeg({ quality }).toBuffer());
}
