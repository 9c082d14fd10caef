// Which changes a variant of a picture gets: drawn from seed, picture and variant, so that order and engine don't matter.
import { createHash } from "node:crypto";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";

/** Raise it with every change to what a variant looks like: cached features of another version are not used. */
const augmentationVersion = 1;

/** Changes of one picture, in the order in which they are made. Lengths are shares of the picture's side. */
export interface Augmentation {
  readonly flip: boolean;
  readonly shiftX: number;
  readonly shiftY: number;
  /** Above 1 the picture grows. */
  readonly zoom: number;
  readonly angleRad: number;
  /** Factor of each channel around middle grey, and what is added to all, in 8-bit steps. */
  readonly gains: readonly [number, number, number];
  readonly light: number;
  /** Exponent of the tone curve. */
  readonly gamma: number;
  readonly occlusion: Occlusion | null;
  /** By how much the picture is shrunk and enlarged again; 1 leaves it sharp. */
  readonly blur: number;
  /** Quality of the JPEG that it goes through once more; null for none. */
  readonly jpegQuality: number | null;
}

/** A rectangle of one colour: a hand, a scarf, a door frame. */
export interface Occlusion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly rgb: readonly [number, number, number];
}

export const unchanged: Augmentation = {
  flip: false,
  shiftX: 0,
  shiftY: 0,
  zoom: 1,
  angleRad: 0,
  gains: [1, 1, 1],
  light: 0,
  gamma: 1,
  occlusion: null,
  blur: 1,
  jpegQuality: null,
};

/** How far changes go, to both sides. */
const reach = {
  shift: 0.06,
  zoom: 0.12,
  angleRad: (12 * Math.PI) / 180,
  contrast: 0.3,
  colour: 0.1,
  light: 25,
  gamma: 0.3,
} as const;

/** How often a picture gets what would hide it if it always did. */
const chance = { occlusion: 0.2, blur: 0.25, jpeg: 0.25 } as const;
const blurMax = 2.5;
const jpegQuality = { min: 25, max: 75 } as const;
const occlusionSide = { min: 0.15, max: 0.4 } as const;

/**
 * The changes of a variant. Variant 0 is the picture as it is, variant 1 its mirror image, whatever the seed; all others
 * are drawn.
 *
 * @param digest of the picture, hexadecimal
 */
export function drawAugmentation(seed: number, digest: string, variant: number): Augmentation {
  if (variant === 0) return unchanged;
  if (variant === 1) return { ...unchanged, flip: true };
  const hash = createHash("sha256").update(`${seed} ${digest} ${variant}`).digest();
  return draw(seededRandom(hash.readUInt32LE()));
}

/** What the features of a variant depend on besides the picture: seeds don't matter where nothing is drawn. */
export function variantKey(seed: number, variant: number): string {
  return `augmentation ${augmentationVersion}, variant ${variant}${variant <= 1 ? "" : `, seed ${seed}`}`;
}

function draw(random: SeededRandom): Augmentation {
  const around = (width: number) => (2 * random.next() - 1) * width;
  const between = (min: number, max: number) => min + random.next() * (max - min);
  const often = (share: number) => random.next() < share;
  const contrast = around(reach.contrast);
  const gain = () => Math.exp(contrast + around(reach.colour));
  return {
    flip: often(0.5),
    shiftX: around(reach.shift),
    shiftY: around(reach.shift),
    zoom: Math.exp(around(reach.zoom)),
    angleRad: around(reach.angleRad),
    gains: [gain(), gain(), gain()],
    light: around(reach.light),
    gamma: Math.exp(around(reach.gamma)),
    occlusion: often(chance.occlusion) ? drawOcclusion(random, between) : null,
    blur: often(chance.blur) ? between(1.2, blurMax) : 1,
    jpegQuality: often(chance.jpeg) ? Math.round(between(jpegQuality.min, jpegQuality.max)) : null,
  };
}

function drawOcclusion(random: SeededRandom, between: (min: number, max: number) => number): Occlusion {
  const { min, max } = occlusionSide;
  const width = between(min, max);
  const height = between(min, max);
  return {
    left: random.next() * (1 - width),
    top: random.next() * (1 - height),
    width,
    height,
    rgb: [random.below(256), random.below(256), random.below(256)],
  };
}
