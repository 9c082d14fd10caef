// Runs a float32 graph on the current TensorFlow.js backend, for the benchmark alone: the same network for another engine.
import * as tf from "@tensorflow/tfjs-core";
import type { FusedActivation, Graph, Operation } from "../convert/graph.ts";

type Compute = (values: readonly (tf.Tensor | undefined)[]) => tf.Tensor;

/** Runs the graph: inputs in its order, outputs as arrays. null where it holds an operation that is not known here. */
export function openTfjsGraph(graph: Graph): ((inputs: readonly Float32Array[]) => Promise<Float32Array[]>) | null {
  const constants = new Map<number, tf.Tensor>();
  for (const [index, { data, shape }] of graph.tensors.entries()) {
    if (data instanceof Float32Array) constants.set(index, tf.tensor(data, [...shape]));
  }
  const steps = graph.operations.map((operation) => compile(graph, operation, constants));
  if (!steps.every((step) => step !== null)) return null;
  return async (inputs) => {
    const outputs = tf.tidy(() => {
      const values: (tf.Tensor | undefined)[] = graph.tensors.map((_, index) => constants.get(index));
      for (const [i, input] of graph.inputs.entries()) {
        values[input] = tf.tensor(inputs[i]!, [...graph.tensors[input]!.shape]);
      }
      for (const [i, { outputs: results }] of graph.operations.entries()) values[results[0]!] = steps[i]!(values);
      return graph.outputs.map((output) => values[output]!);
    });
    const arrays = await Promise.all(outputs.map((output) => output.data() as Promise<Float32Array>));
    tf.dispose(outputs);
    return arrays;
  };
}

const activations: Partial<Record<FusedActivation, "linear" | "relu" | "relu6">> = {
  NONE: "linear",
  RELU: "relu",
  RELU6: "relu6",
};

type ActivationName = "linear" | "relu" | "relu6";

function compile(graph: Graph, operation: Operation, constants: ReadonlyMap<number, tf.Tensor>): Compute | null {
  const activation = "activation" in operation.options ? activations[operation.options.activation] : "linear";
  if (activation === undefined) return null;
  return compileWeighted(operation, constants, activation) ?? compilePlain(graph, operation, activation);
}

function spatial({ strideH, strideW, padding }: { strideH: number; strideW: number; padding: "SAME" | "VALID" }) {
  return { strides: [strideH, strideW] as [number, number], pad: padding === "SAME" ? "same" : "valid" } as const;
}

/** Kernels are turned once; null for an operation without one. */
function compileWeighted(
  operation: Operation,
  constants: ReadonlyMap<number, tf.Tensor>,
  activation: ActivationName,
): Compute | null {
  const { inputs } = operation;
  const [kernel, bias] = [constants.get(inputs[1] ?? -1), constants.get(inputs[2] ?? -1)];
  if (kernel === undefined || bias === undefined) return null;
  const input = inputs[0]!;
  switch (operation.kind) {
    case "CONV_2D": {
      const { dilationH, dilationW } = operation.options;
      // The kernel lies as [o, h, w, i] and goes to [h, w, i, o].
      const filter = tf.transpose(kernel as tf.Tensor4D, [1, 2, 3, 0]);
      const settings = { ...spatial(operation.options), dilations: [dilationH, dilationW] as [number, number] };
      return (values) => tf.fused.conv2d({ x: values[input] as tf.Tensor4D, filter, ...settings, bias, activation });
    }
    case "DEPTHWISE_CONV_2D": {
      const { dilationH, dilationW, depthMultiplier } = operation.options;
      const [, height, width, channels] = kernel.shape as [number, number, number, number];
      const multiplier = Math.max(1, depthMultiplier);
      const filter = tf.reshape(kernel, [height, width, channels / multiplier, multiplier]) as tf.Tensor4D;
      const settings = { ...spatial(operation.options), dilations: [dilationH, dilationW] as [number, number] };
      return (values) =>
        tf.fused.depthwiseConv2d({ x: values[input] as tf.Tensor4D, filter, ...settings, bias, activation });
    }
    case "FULLY_CONNECTED": {
      const b = kernel as tf.Tensor2D;
      return (values) => tf.fused.matMul({ a: values[input] as tf.Tensor2D, b, transposeB: true, bias, activation });
    }
    default:
      return null;
  }
}

function compilePlain(graph: Graph, operation: Operation, activation: ActivationName): Compute | null {
  const { inputs, outputs } = operation;
  const shape = [...graph.tensors[outputs[0]!]!.shape];
  const activated = (value: tf.Tensor) =>
    activation === "relu" ? tf.relu(value) : activation === "relu6" ? tf.relu6(value) : value;
  const integers = (place: number) => [...(graph.tensors[inputs[place]!]!.data ?? [])];
  switch (operation.kind) {
    case "MAX_POOL_2D": {
      const { filterH, filterW } = operation.options;
      const { strides, pad } = spatial(operation.options);
      return (values) => activated(tf.maxPool(values[inputs[0]!] as tf.Tensor4D, [filterH, filterW], strides, pad));
    }
    case "PAD": {
      const margins = integers(1);
      const pairs = Array.from({ length: margins.length / 2 }, (_, i): [number, number] => [
        margins[2 * i]!,
        margins[2 * i + 1]!,
      ]);
      return (values) => tf.pad(values[inputs[0]!]!, pairs);
    }
    case "MEAN": {
      const axes = integers(1);
      const { keepDims } = operation.options;
      return (values) => tf.mean(values[inputs[0]!]!, axes, keepDims);
    }
    case "ADD":
      return (values) => activated(tf.add(values[inputs[0]!]!, values[inputs[1]!]!));
    case "MUL":
      return (values) => activated(tf.mul(values[inputs[0]!]!, values[inputs[1]!]!));
    case "RELU":
      return (values) => tf.relu(values[inputs[0]!]!);
    case "LOGISTIC":
      return (values) => tf.sigmoid(values[inputs[0]!]!);
    case "SOFTMAX":
      return (values) => tf.softmax(values[inputs[0]!]!);
    case "RESHAPE":
      return (values) => tf.reshape(values[inputs[0]!]!, shape);
    case "CONCATENATION": {
      const { axis } = operation.options;
      return (values) =>
        tf.concat(
          inputs.map((input) => values[input]!),
          axis,
        );
    }
    default:
      return null;
  }
}
