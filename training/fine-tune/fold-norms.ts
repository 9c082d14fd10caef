// Folds batch normalization into the convolutions before it: the same function, with nothing left that training would move.
//
// TensorFlow.js' BatchNormalization follows the flag `training` and ignores `trainable`: in a network that is trained
// further, it would normalize by each small batch and move its averages. Folded, they are constants.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { copyNetwork, type Layer, type Replacement } from "./copy-network.ts";

/** A copy without the batch normalizers that follow a convolution; all others stay. Weights are read synchronously. */
export function foldNorms(model: LayersModel): LayersModel {
  const norms = new Map<Layer, Layer>();
  for (const layer of model.layers) {
    const norm = normBehind(layer);
    if (norm !== null) norms.set(layer, norm);
  }
  const folded = new Set(norms.values());
  return copyNetwork(model, {
    replace: (layer) => {
      if (folded.has(layer)) return "leave-out";
      const norm = norms.get(layer);
      return norm === undefined ? null : fold(layer, norm);
    },
  });
}

/** The normalization that alone uses a linear convolution's output. */
function normBehind(layer: Layer): Layer | null {
  const isConvolution = ["Conv2D", "DepthwiseConv2D"].includes(layer.getClassName());
  if (!isConvolution || layer.getConfig()["activation"] !== "linear") return null;
  const users = layer.outboundNodes.map(({ outboundLayer }) => outboundLayer);
  const [user] = users;
  return users.length === 1 && user!.getClassName() === "BatchNormalization" ? user! : null;
}

function fold(convolution: Layer, norm: Layer): Replacement {
  const weights = valuesOf(convolution);
  const kernel = weights.get("kernel") ?? weights.get("depthwise_kernel")!;
  const bias = weights.get("bias")?.values;
  const stored = valuesOf(norm);
  const { values: mean } = stored.get("moving_mean")!;
  const { values: variance } = stored.get("moving_variance")!;
  const epsilon = norm.getConfig()["epsilon"] as number;
  const gamma = stored.get("gamma")?.values;
  const beta = stored.get("beta")?.values;
  const scale = Float64Array.from(variance, (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon));
  // The last axis of a kernel is its output channels; of a depthwise one, the last two are.
  const channels = scale.length;
  return {
    config: { useBias: true, biasInitializer: "zeros", kernelInitializer: "zeros", depthwiseInitializer: "zeros" },
    weights: [
      { shape: kernel.shape, values: kernel.values.map((value, i) => value * scale[i % channels]!) },
      {
        shape: [channels],
        values: Float32Array.from(scale, (factor, i) => (beta?.[i] ?? 0) + ((bias?.[i] ?? 0) - mean[i]!) * factor),
      },
    ],
  };
}

function valuesOf(layer: Layer): Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }> {
  return new Map(
    layer.weights.map((variable) => [
      variable.originalName.split("/").at(-1)!,
      { shape: variable.shape as number[], values: variable.read().dataSync() as Float32Array },
    ]),
  );
}
