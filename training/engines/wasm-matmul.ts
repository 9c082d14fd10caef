// Matrix products of transposed matrices on the wasm backend: transposed first, for there only plain ones are fast.
//
// Every gradient of a dense layer is such a product. TensorFlow.js 4.22 computes plain products with SIMD kernels, and
// transposed ones one value at a time, which takes about ten times as long.
import * as tf from "@tensorflow/tfjs-core";

interface Product {
  readonly inputs: { readonly a: tf.TensorInfo; readonly b: tf.TensorInfo };
  readonly backend: { disposeData(dataId: object): void };
  readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
}

type Kernel = (params: object) => tf.TensorInfo;

const kernelName = "BatchMatMul";
const backendName = "wasm";
let isRegistered = false;

/** Replaces the backend's kernel, once; results are the same but for the order of sums. */
export function registerWasmMatMul(): void {
  if (isRegistered) return;
  isRegistered = true;
  const { kernelFunc, ...plain } = tf.getKernel(kernelName, backendName);
  const multiply = kernelFunc as unknown as Kernel;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...plain,
    kernelFunc: (params) => {
      const { inputs, backend, attrs } = params as unknown as Product;
      const a = attrs.transposeA ? transpose(inputs.a, backend) : inputs.a;
      const b = attrs.transposeB ? transpose(inputs.b, backend) : inputs.b;
      const result = multiply({ inputs: { a, b }, backend, attrs: { transposeA: false, transposeB: false } });
      if (attrs.transposeA) backend.disposeData(a.dataId);
      if (attrs.transposeB) backend.disposeData(b.dataId);
      return result;
    },
  });
}

/** Rows and columns swapped, in every matrix of the batch. */
function transpose(x: tf.TensorInfo, backend: Product["backend"]): tf.TensorInfo {
  const rank = x.shape.length;
  const perm = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const { kernelFunc } = tf.getKernel("Transpose", backendName);
  return (kernelFunc as unknown as Kernel)({ inputs: { x }, backend, attrs: { perm } });
}
