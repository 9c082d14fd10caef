// The gradients of convolutions that TensorFlow.js' wasm backend lacks, composed of kernels that it has.
import * as tf from "@tensorflow/tfjs-core";
import { registerWasmMatMul } from "./wasm-matmul.ts";

type Sizes = readonly [batch: number, height: number, width: number, channels: number];
type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

let isRegistered = false;

/** Registers them with the wasm backend, once; training through convolutions works there from then on. */
export function registerWasmGradients(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerWasmMatMul();
  register("Conv2DBackpropFilter", convolutionFilter);
  register("DepthwiseConv2dNativeBackpropFilter", depthwiseFilter);
  register("DepthwiseConv2dNativeBackpropInput", depthwiseInput);
}

type Tensors = Readonly<Record<string, tf.Tensor4D>>;
type Attributes = Readonly<Record<string, unknown>>;

function register(kernelName: string, compute: (inputs: Tensors, attributes: Attributes) => tf.Tensor): void {
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => {
        const tensors = Object.entries(inputs).map(([name, info]) => [name, asTensor(info!)] as const);
        return compute(Object.fromEntries(tensors) as Tensors, attrs as unknown as Attributes);
      }),
  });
}

/** Kernels are handed bare descriptions, whose data they do not own. */
function asTensor(info: tf.TensorInfo): tf.Tensor {
  if (info instanceof tf.Tensor) return info;
  const engine = tf.engine();
  engine.backend.incRef(info.dataId);
  return engine.makeTensorFromTensorInfo(info);
}

function infoOf(input: Sizes, filter: Sizes, attributes: Attributes, depthwise: boolean): Info {
  const { strides, dilations, pad, dimRoundingMode } = attributes as {
    strides: number | [number, number];
    dilations?: number | [number, number];
    pad: "valid" | "same" | number;
    dimRoundingMode?: "floor" | "round" | "ceil";
  };
  const info = tf.backend_util.computeConv2DInfo(
    [...input],
    [...filter],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) throw new Error("gradients of dilated convolutions");
  return info;
}

/** What each place of the filter saw of the input, for every place of the output. */
function* views(x: tf.Tensor4D, info: Info): Generator<tf.Tensor4D> {
  const { padInfo, strideHeight: sy, strideWidth: sx, outHeight, outWidth, filterHeight, filterWidth } = info;
  const spanY = (outHeight - 1) * sy;
  const spanX = (outWidth - 1) * sx;
  const bottom = Math.max(0, spanY + filterHeight - padInfo.top - info.inHeight);
  const right = Math.max(0, spanX + filterWidth - padInfo.left - info.inWidth);
  const padded = padPlane(x, [padInfo.top, bottom], [padInfo.left, right]);
  const [batch, , , channels] = x.shape;
  const size = [batch, outHeight, outWidth, channels];
  const isDense = sy === 1 && sx === 1;
  for (let y = 0; y < filterHeight; y++) {
    for (let left = 0; left < filterWidth; left++) {
      const begin = [0, y, left, 0];
      const end = [batch, y + spanY + 1, left + spanX + 1, channels];
      const view = isDense ? tf.slice(padded, begin, size) : tf.stridedSlice(padded, begin, end, [1, sy, sx, 1]);
      yield view as tf.Tensor4D;
    }
  }
}

function padPlane(x: tf.Tensor4D, vertical: [number, number], horizontal: [number, number]): tf.Tensor4D {
  const none = [...vertical, ...horizontal].every((size) => size === 0);
  return none ? x : tf.pad(x, [[0, 0], vertical, horizontal, [0, 0]]);
}

function convolutionFilter({ x, dy }: Tensors, attributes: Attributes): tf.Tensor {
  const filterShape = attributes["filterShape"] as Sizes;
  const info = infoOf(x!.shape, filterShape, attributes, false);
  const places = info.batchSize * info.outHeight * info.outWidth;
  const outputs = tf.reshape(dy!, [places, info.outChannels]);
  const parts = Array.from(views(x!, info), (view) =>
    tf.matMul(tf.reshape(view, [places, info.inChannels]), outputs, true, false),
  );
  return tf.reshape(tf.stack(parts), [...filterShape]);
}

function depthwiseFilter({ x, dy }: Tensors, attributes: Attributes): tf.Tensor {
  const filterShape = attributes["filterShape"] as Sizes;
  const info = infoOf(x!.shape, filterShape, attributes, true);
  requireOneFilter(filterShape);
  const parts = Array.from(views(x!, info), (view) => tf.sum(tf.reshape(tf.mul(view, dy!), [-1, info.inChannels]), 0));
  return tf.reshape(tf.stack(parts), [...filterShape]);
}

/** The output's gradient, spread out by the stride, convolved with the filter turned around. */
function depthwiseInput({ dy, filter }: Tensors, attributes: Attributes): tf.Tensor {
  const info = infoOf(attributes["inputShape"] as Sizes, filter!.shape, attributes, true);
  requireOneFilter(filter!.shape);
  const { padInfo, filterHeight, filterWidth, inHeight, inWidth } = info;
  const spread = spreadOut(dy!, info.strideHeight, info.strideWidth);
  const [, height, width] = spread.shape;
  const top = filterHeight - 1 - padInfo.top;
  const left = filterWidth - 1 - padInfo.left;
  const bottom = inHeight + filterHeight - 1 - top - height;
  const right = inWidth + filterWidth - 1 - left - width;
  const padded = padPlane(spread, [top, bottom], [left, right]);
  return tf.depthwiseConv2d(padded, tf.reverse(filter!, [0, 1]), 1, "valid");
}

/** Zeros between rows and columns, none behind the last. */
function spreadOut(x: tf.Tensor4D, strideY: number, strideX: number): tf.Tensor4D {
  if (strideY === 1 && strideX === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const behind = (strides: number): [number, number] => [0, strides - 1];
  const rows = tf.pad(tf.reshape(x, [batch * height, 1, width, channels]), [[0, 0], behind(strideY), [0, 0], [0, 0]]);
  const places = tf.reshape(rows, [batch * height * strideY * width, 1, channels]);
  const columns = tf.pad(places, [[0, 0], behind(strideX), [0, 0]]);
  const spread = tf.reshape(columns, [batch, height * strideY, width * strideX, channels]) as tf.Tensor4D;
  const size: [number, number, number, number] = [
    batch,
    (height - 1) * strideY + 1,
    (width - 1) * strideX + 1,
    channels,
  ];
  return tf.slice(spread, [0, 0, 0, 0], size);
}

function requireOneFilter([, , , multiplier]: Sizes): void {
  if (multiplier !== 1) throw new Error(`gradients of ${multiplier} depthwise filters a channel`);
}
