// The margins that SAME padding puts around a picture.
import type { Graph, OperationOf } from "../graph.ts";

export type Convolution = OperationOf<"CONV_2D"> | OperationOf<"DEPTHWISE_CONV_2D">;

export interface SameMargins {
  /** Before and after; the smaller half comes first. */
  readonly margins: readonly [number, number];
  /** The strides pass over values at the end: what the formula sums to is below zero, and no margin. */
  readonly leavesRest: boolean;
}

/** Of a convolution over the picture `input`, as if its padding were SAME. */
export function sameMargins({ tensors }: Graph, { options, inputs }: Convolution, input: number) {
  const [, heightPx, widthPx] = tensors[input]!.shape;
  const [, filterH, filterW] = tensors[inputs[1]!]!.shape;
  return {
    height: marginsOf(heightPx!, filterH!, options.strideH, options.dilationH),
    width: marginsOf(widthPx!, filterW!, options.strideW, options.dilationW),
  };
}

function marginsOf(size: number, filter: number, stride: number, dilation: number): SameMargins {
  const reach = (filter - 1) * dilation + 1;
  const needed = (Math.ceil(size / stride) - 1) * stride + reach - size;
  const total = Math.max(0, needed);
  const before = Math.floor(total / 2);
  return { margins: [before, total - before], leavesRest: needed < 0 };
}
