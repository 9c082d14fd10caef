// The backbones that training knows, with what Keras publishes about each: widths, sizes, preprocessing, parameters, files.
// Source: keras.applications (mobilenet_v2.py, inception_resnet_v2.py) and its documentation.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../device/errors/errors.ts";
import { buildInceptionResNetV2 } from "./inception-resnet-v2.ts";
import { buildMobileNetV2, mobileNetV2Alphas } from "./mobilenet-v2.ts";

export const backboneNames = ["mobilenet-v2", "inception-resnet-v2"] as const;
export type BackboneName = (typeof backboneNames)[number];

/** Which network, of which width, for pictures of which size. */
export interface BackboneShape {
  readonly name: BackboneName;
  /** Width multiplier; 1 where the architecture has only one width. */
  readonly alpha: number;
  /** Height and width of the input. */
  readonly sizePx: number;
}

/** A file that Keras publishes. */
export interface KerasFile {
  readonly fileName: string;
  /** Below the server's folder of all Keras applications. */
  readonly path: string;
  /** Published beside the architecture; null where none is. */
  readonly md5: string | null;
  /** As Keras shows it while downloading; null where that is not known for sure. */
  readonly bytes: number | null;
}

export interface Architecture {
  readonly title: string;
  /** The published widths, with the parameters of each, top excluded. */
  readonly parameters: ReadonlyMap<number, number>;
  readonly sizeMinPx: number;
  /** Keras' preprocess_input: (value - mean) / scale of 8-bit values. */
  readonly pixels: { readonly mean: number; readonly scale: number };
  /** Input [batch, size, size, 3], output [batch, s, s, channels]; its weights are zeros. */
  build(shape: BackboneShape): LayersModel;
  /**
   * Names of the layers at which a single tensor runs through the network, from input to output: where it can be cut
   * into a frozen part and a trained one.
   */
  cutPoints(model: LayersModel): string[];
  kerasFile(shape: BackboneShape): KerasFile;
}

/** preprocess_input in the mode "tf", which both architectures use: pixels from -1 to 1. */
const signedPixels = { mean: 127.5, scale: 127.5 } as const;

/** Sizes with weights of their own; at any other, Keras takes those of 224. Widths above 1 have 224 alone. */
const mobileNetSizesPx: readonly number[] = [96, 128, 160, 192, 224];

function mobileNetFile({ alpha, sizePx }: BackboneShape): KerasFile {
  const rows = alpha <= 1 && mobileNetSizesPx.includes(sizePx) ? sizePx : 224;
  const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
  const fileName = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${width}_${rows}_no_top.h5`;
  // Weights do not depend on the size of the picture, so all files of a width are as long.
  return { fileName, path: `mobilenet_v2/${fileName}`, md5: null, bytes: alpha === 1 ? 9_406_464 : null };
}

function inceptionFile(): KerasFile {
  const fileName = "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5";
  const path = `inception_resnet_v2/${fileName}`;
  return { fileName, path, md5: "d19885ff4a710c122648d3b5c3b684e4", bytes: 219_055_592 };
}

/** The outputs of blocks: a sum where the block has a shortcut, else its last layer. */
function mobileNetCuts(model: LayersModel): string[] {
  const names = new Set(model.layers.map(({ name }) => name));
  const blocks = ["expanded_conv_", ...Array.from({ length: 16 }, (_, i) => `block_${i + 1}_`)];
  const ends = blocks.map((prefix) => {
    const candidates = [`${prefix}add`, `${prefix}project_BN`, `${prefix}project`];
    return candidates.find((name) => names.has(name))!;
  });
  return ["Conv1_relu", ...ends];
}

function inceptionCuts(model: LayersModel): string[] {
  const isCut = /^(mixed_(5b|6a|7a)|block(35|17|8)_\d+_ac|block8_10)$/;
  return model.layers.map(({ name }) => name).filter((name) => isCut.test(name));
}

export const architectures: Readonly<Record<BackboneName, Architecture>> = {
  "mobilenet-v2": {
    title: "MobileNetV2",
    parameters: new Map([
      [0.35, 410_208],
      [0.5, 706_224],
      [0.75, 1_382_064],
      [1, 2_257_984],
      [1.3, 3_766_048],
      [1.4, 4_363_712],
    ]),
    sizeMinPx: 32,
    pixels: signedPixels,
    build: buildMobileNetV2,
    cutPoints: mobileNetCuts,
    kerasFile: mobileNetFile,
  },
  "inception-resnet-v2": {
    title: "InceptionResNetV2",
    parameters: new Map([[1, 54_336_736]]),
    sizeMinPx: 75,
    pixels: signedPixels,
    build: buildInceptionResNetV2,
    cutPoints: inceptionCuts,
    kerasFile: inceptionFile,
  },
};

export { mobileNetV2Alphas };

const sizeMaxPx = 1024;

/** Throws USAGE for a width or size that the architecture does not have. */
export function checkShape({ name, alpha, sizePx }: BackboneShape): void {
  const { title, parameters, sizeMinPx } = architectures[name];
  if (!parameters.has(alpha)) {
    throw new FacelatchError("USAGE", {
      expected: `a width (--alpha) of ${title}: ${[...parameters.keys()].join(", ")}`,
      found: String(alpha),
      next: "Only these widths have published weights.",
    });
  }
  if (!Number.isInteger(sizePx) || sizePx < sizeMinPx || sizePx > sizeMaxPx) {
    throw new FacelatchError("USAGE", {
      expected: `an input of ${title} from ${sizeMinPx} to ${sizeMaxPx} px`,
      found: String(sizePx),
      next: "The notebook's size is 240.",
    });
  }
}
