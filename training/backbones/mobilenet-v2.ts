// MobileNetV2 without its top, layer by layer, with Keras' definitions and names.
// Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018), and keras.applications.
import * as layers from "@tensorflow/tfjs-layers";

export interface MobileNetV2Options {
  /** Height and width of the input. */
  readonly sizePx: number;
  /** Width multiplier, one of `mobileNetV2Alphas`. */
  readonly alpha: number;
}

/** The widths that Keras publishes weights for. */
export const mobileNetV2Alphas = [0.35, 0.5, 0.75, 1, 1.3, 1.4] as const;

/** One inverted residual block. */
interface Block {
  readonly expansion: number;
  readonly filters: number;
  readonly stride: 1 | 2;
}

/** Expansion, filters, repeats and the stride of the first repeat: table 2 of the paper. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const blocks: readonly Block[] = stages.flatMap(([expansion, filters, repeats, stride]) =>
  Array.from({ length: repeats }, (_, i): Block => ({ expansion, filters, stride: i === 0 ? stride : 1 })),
);

/** Channel counts are rounded to a multiple of 8, never down by more than 10 %. */
function roundFilters(filters: number): number {
  const rounded = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return rounded < 0.9 * filters ? rounded + 8 : rounded;
}

type Node = layers.SymbolicTensor;

/** Weights are always loaded; drawing random ones first would take seconds. */
const kernelInitializer = "zeros";

function batchNorm(input: Node, name: string): Node {
  return layers.layers.batchNormalization({ axis: -1, epsilon: 1e-3, momentum: 0.999, name }).apply(input) as Node;
}

function relu6(input: Node, name: string): Node {
  return layers.layers.reLU({ maxValue: 6, name }).apply(input) as Node;
}

function pointwise(input: Node, filters: number, name: string): Node {
  return layers.layers
    .conv2d({ filters, kernelSize: 1, padding: "same", useBias: false, kernelInitializer, name })
    .apply(input) as Node;
}

/** Keras pads by hand before a depthwise stride of 2: one pixel more at the bottom right for even sizes. */
function padBeforeStride(input: Node, name: string): Node {
  const before = (sizePx: number | null | undefined) =>
    sizePx !== null && sizePx !== undefined && sizePx % 2 === 0 ? 0 : 1;
  const [, height, width] = input.shape;
  return layers.layers
    .zeroPadding2d({
      padding: [
        [before(height), 1],
        [before(width), 1],
      ],
      name,
    })
    .apply(input) as Node;
}

function invertedResidual(input: Node, block: Block, alpha: number, index: number): Node {
  const prefix = index === 0 ? "expanded_conv_" : `block_${index}_`;
  const inputFilters = input.shape[3]!;
  // Keras drops the fraction here, but not at the first and the last convolution.
  const outputFilters = roundFilters(Math.floor(block.filters * alpha));
  let x = input;
  if (block.expansion > 1) {
    x = pointwise(x, block.expansion * inputFilters, `${prefix}expand`);
    x = relu6(batchNorm(x, `${prefix}expand_BN`), `${prefix}expand_relu`);
  }
  if (block.stride === 2) x = padBeforeStride(x, `${prefix}pad`);
  x = layers.layers
    .depthwiseConv2d({
      kernelSize: 3,
      strides: block.stride,
      padding: block.stride === 1 ? "same" : "valid",
      useBias: false,
      depthwiseInitializer: kernelInitializer,
      name: `${prefix}depthwise`,
    })
    .apply(x) as Node;
  x = relu6(batchNorm(x, `${prefix}depthwise_BN`), `${prefix}depthwise_relu`);
  x = batchNorm(pointwise(x, outputFilters, `${prefix}project`), `${prefix}project_BN`);
  if (block.stride === 2 || inputFilters !== outputFilters) return x;
  return layers.layers.add({ name: `${prefix}add` }).apply([input, x]) as Node;
}

/** Input [batch, size, size, 3], output [batch, size / 32, size / 32, 1280 (more for alpha above 1)]. */
export function buildMobileNetV2({ sizePx, alpha }: MobileNetV2Options): layers.LayersModel {
  const input = layers.input({ shape: [sizePx, sizePx, 3], name: "input_1" });
  let x = layers.layers
    .conv2d({
      filters: roundFilters(32 * alpha),
      kernelSize: 3,
      strides: 2,
      padding: "same",
      useBias: false,
      kernelInitializer,
      name: "Conv1",
    })
    .apply(input) as Node;
  x = relu6(batchNorm(x, "bn_Conv1"), "Conv1_relu");
  blocks.forEach((block, index) => {
    x = invertedResidual(x, block, alpha, index);
  });
  x = pointwise(x, alpha > 1 ? roundFilters(1280 * alpha) : 1280, "Conv_1");
  x = relu6(batchNorm(x, "Conv_1_bn"), "out_relu");
  return layers.model({ inputs: input, outputs: x, name: `mobilenetv2_${alpha.toFixed(2)}_${sizePx}` });
}
