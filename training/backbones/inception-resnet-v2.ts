// InceptionResNetV2 without its top, layer by layer, with Keras' definitions and names.
// Source: Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning" (2016),
// and keras.applications.
import * as layers from "@tensorflow/tfjs-layers";

export interface InceptionResNetV2Options {
  /** Height and width of the input, 75 at least; 299 is what the weights were trained on. */
  readonly sizePx: number;
}

type Node = layers.SymbolicTensor;

/** A convolution of a branch: filters, then height and width of its kernel. */
type Convolution = readonly [filters: number, heightPx: number, widthPx: number];

interface ConvolutionOptions {
  readonly strides?: number;
  readonly padding?: "same" | "valid";
}

/** Weights are always loaded; drawing random ones first would take seconds. */
const kernelInitializer = "zeros";

const square = (filters: number, sizePx: number): Convolution => [filters, sizePx, sizePx];

/** Residual blocks: the branches beside the shortcut, how much of their sum is added, and how often. */
const residualStages = {
  block35: {
    branches: [[square(32, 1)], [square(32, 1), square(32, 3)], [square(32, 1), square(48, 3), square(64, 3)]],
    scale: 0.17,
    repeats: 10,
  },
  block17: { branches: [[square(192, 1)], [square(128, 1), [160, 1, 7], [192, 7, 1]]], scale: 0.1, repeats: 20 },
  block8: { branches: [[square(192, 1)], [square(192, 1), [224, 1, 3], [256, 3, 1]]], scale: 0.2, repeats: 9 },
} as const satisfies Readonly<
  Record<string, { branches: readonly (readonly Convolution[])[]; scale: number; repeats: number }>
>;

type Stage = keyof typeof residualStages;

/** Input [batch, size, size, 3], output [batch, s, s, 1536], where s is 8 for 299 pixels. */
export function buildInceptionResNetV2({ sizePx }: InceptionResNetV2Options): layers.LayersModel {
  const network = new Builder();
  const input = layers.input({ shape: [sizePx, sizePx, 3], name: "input_1" });
  let x = network.stem(input);
  x = network.mixed5b(x);
  x = network.residuals(x, "block35");
  x = network.reduce(x, "mixed_6a", [[square(384, 3)], [square(256, 1), square(256, 3), square(384, 3)]]);
  x = network.residuals(x, "block17");
  x = network.reduce(x, "mixed_7a", [
    [square(256, 1), square(384, 3)],
    [square(256, 1), square(288, 3)],
    [square(256, 1), square(288, 3), square(320, 3)],
  ]);
  x = network.residuals(x, "block8");
  x = network.residual(x, "block8", residualStages.block8.repeats + 1, 1, false);
  x = network.normalized(x, square(1536, 1), {}, "conv_7b");
  return layers.model({ inputs: input, outputs: x, name: "inception_resnet_v2" });
}

function concatenate(branches: readonly Node[], name: string): Node {
  return layers.layers.concatenate({ axis: -1, name }).apply([...branches]) as Node;
}

function maxPool(x: Node, name: string): Node {
  return layers.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "valid", name }).apply(x) as Node;
}

function relu(x: Node, name: string): Node {
  return layers.layers.activation({ activation: "relu", name }).apply(x) as Node;
}

/** Keras leaves most layers unnamed: its files number them in the order of their making, which is kept here. */
class Builder {
  #unnamed = 0;

  normalized(x: Node, [filters, ...kernelSize]: Convolution, options: ConvolutionOptions = {}, name?: string): Node {
    const number = name === undefined ? ++this.#unnamed : 0;
    const convolved = layers.layers
      .conv2d({
        filters,
        kernelSize: [...kernelSize],
        strides: options.strides ?? 1,
        padding: options.padding ?? "same",
        useBias: false,
        kernelInitializer,
        name: name ?? `conv2d_${number}`,
      })
      .apply(x);
    const norm = layers.layers
      .batchNormalization({
        axis: -1,
        epsilon: 1e-3,
        scale: false,
        name: name === undefined ? `batch_normalization_${number}` : `${name}_bn`,
      })
      .apply(convolved) as Node;
    return relu(norm, name === undefined ? `activation_${number}` : `${name}_ac`);
  }

  /** Convolutions in a row; the last has the given strides. */
  branch(x: Node, convolutions: readonly Convolution[], last: ConvolutionOptions = {}): Node {
    return convolutions.reduce(
      (node, convolution, i) => this.normalized(node, convolution, i === convolutions.length - 1 ? last : {}),
      x,
    );
  }

  stem(input: Node): Node {
    const valid = { padding: "valid" } as const;
    let x = this.normalized(input, square(32, 3), { ...valid, strides: 2 });
    x = this.normalized(x, square(32, 3), valid);
    x = this.normalized(x, square(64, 3));
    x = maxPool(x, "max_pooling2d_1");
    x = this.normalized(x, square(80, 1), valid);
    x = this.normalized(x, square(192, 3), valid);
    return maxPool(x, "max_pooling2d_2");
  }

  mixed5b(x: Node): Node {
    const branches = [
      this.branch(x, [square(96, 1)]),
      this.branch(x, [square(48, 1), square(64, 5)]),
      this.branch(x, [square(64, 1), square(96, 3), square(96, 3)]),
    ];
    const averaged = layers.layers
      .averagePooling2d({ poolSize: 3, strides: 1, padding: "same", name: "average_pooling2d_1" })
      .apply(x) as Node;
    return concatenate([...branches, this.branch(averaged, [square(64, 1)])], "mixed_5b");
  }

  /** Halves the picture: every branch ends with a stride of 2, beside a pooling. */
  reduce(x: Node, name: string, branches: readonly (readonly Convolution[])[]): Node {
    const ends = branches.map((branch) => this.branch(x, branch, { strides: 2, padding: "valid" }));
    return concatenate([...ends, maxPool(x, `${name}_pool`)], name);
  }

  residuals(x: Node, stage: Stage): Node {
    const { repeats, scale } = residualStages[stage];
    return Array.from({ length: repeats }).reduce<Node>(
      (node, _, i) => this.residual(node, stage, i + 1, scale, true),
      x,
    );
  }

  /** x + scale * up(branches of x); the scale is a layer of its own, which conversion folds into the convolution. */
  residual(x: Node, stage: Stage, index: number, scale: number, activated: boolean): Node {
    const name = `${stage}_${index}`;
    const branches = residualStages[stage].branches.map((branch) => this.branch(x, branch));
    const up = layers.layers
      .conv2d({
        filters: x.shape[3]!,
        kernelSize: 1,
        padding: "same",
        kernelInitializer,
        name: `${name}_conv`,
      })
      .apply(concatenate(branches, `${name}_mixed`)) as Node;
    const scaled = layers.layers.rescaling({ scale, offset: 0, name: `${name}_scale` }).apply(up) as Node;
    const sum = layers.layers.add({ name }).apply([x, scaled]) as Node;
    return activated ? relu(sum, `${name}_ac`) : sum;
  }
}
