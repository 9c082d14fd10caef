// The converter's promises apart from arithmetic: structure of models, refusals, and what the passes leave.
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import { sub, type Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { convertLayersModel } from "../../../training/convert/convert.ts";
import type { OperationKind } from "../../../training/convert/graph.ts";
import { fillRandomly, randomInputs } from "./random-weights.ts";
import { engines, inferWith, largestDifference, plainEngine, predict } from "./runtimes.ts";

const { layers } = tf;
type Node = tf.SymbolicTensor;

const apply = (layer: unknown, inputs: Node | readonly Node[]) =>
  (layer as { apply(x: typeof inputs): Node }).apply(inputs);

/** Keras has these two layers and TensorFlow.js does not: programs bring their own. */
class Subtract extends layers.Layer {
  static readonly className = "Subtract";
  override computeOutputShape([shape]: tf.Shape[]): tf.Shape {
    return shape!;
  }
  override call([a, b]: Tensor[]): Tensor {
    return sub(a!, b!);
  }
}

class SpatialDropout2D extends layers.Layer {
  static readonly className = "SpatialDropout2D";
  override call(inputs: Tensor | Tensor[]): Tensor | Tensor[] {
    return inputs;
  }
}

/** Converts a model and compares both runtimes with TensorFlow.js. */
function convertAndCompare(model: tf.LayersModel) {
  fillRandomly(model, 5);
  const converted = convertLayersModel(model);
  const inputs = randomInputs(model, 9);
  const expected = predict(model, inputs);
  for (const engine of engines)
    assert.ok(largestDifference(expected, inferWith(engine, converted.bytes, inputs)) < 1e-5);
  return converted;
}

function kindsOf(model: tf.LayersModel): OperationKind[] {
  return convertAndCompare(model).graph.operations.map(({ kind }) => kind);
}

const picture = () => tf.input({ shape: [6, 6, 2] });

/** A model of the layers in a row, on a 6x6 picture of 2 channels. */
function chain(...row: unknown[]): tf.LayersModel {
  const input = picture();
  return tf.model({ inputs: input, outputs: row.reduce<Node>((x, layer) => apply(layer, x), input) });
}

describe("structure", () => {
  test("a layer used twice stores its weights once", () => {
    const [left, right] = [picture(), picture()];
    const shared = layers.conv2d({ filters: 4, kernelSize: 3, name: "twin" });
    const difference = apply(layers.concatenate(), [apply(shared, left), apply(shared, right)]);
    const { graph } = convertAndCompare(tf.model({ inputs: [left, right], outputs: difference }));
    assert.deepEqual(
      graph.tensors.filter(({ data }) => data !== null).map(({ name }) => name),
      ["twin/kernel", "twin/bias"],
    );
  });

  test("a shared convolution folds a batch norm for one use and not for the other", () => {
    const [left, right] = [picture(), picture()];
    const shared = layers.conv2d({ filters: 4, kernelSize: 3 });
    const normalized = apply(layers.batchNormalization({}), apply(shared, left));
    const model = tf.model({ inputs: [left, right], outputs: apply(layers.add(), [normalized, apply(shared, right)]) });
    assert.deepEqual(kindsOf(model), ["CONV_2D", "CONV_2D", "ADD"]);
  });

  test("nested models are unfolded for each use, sequential ones too", () => {
    const inner = tf.sequential({
      layers: [layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [6, 6, 2] }), layers.reLU()],
    });
    const [left, right] = [picture(), picture()];
    const middle = tf.model({
      inputs: [left, right],
      outputs: [apply(inner, left), apply(layers.add(), [left, right])],
    });
    const outer = picture();
    const [once, sum] = apply(middle, [outer, apply(inner, outer)]) as unknown as [Node, Node];
    const model = tf.model({ inputs: outer, outputs: [sum, once] });
    assert.deepEqual(kindsOf(model), ["CONV_2D", "CONV_2D", "ADD"]);
  });

  test("inputs and outputs keep the model's order, even an unused input", () => {
    const [a, b, unused] = [tf.input({ shape: [3] }), tf.input({ shape: [4] }), tf.input({ shape: [5] })];
    const [first, second] = [apply(layers.dense({ units: 2 }), b), apply(layers.dense({ units: 7 }), a)];
    const model = tf.model({ inputs: [unused, a, b], outputs: [second, first] });
    const { graph } = convertAndCompare(model);
    assert.deepEqual(
      graph.inputs.map((input) => graph.tensors[input]!.shape),
      [
        [1, 5],
        [1, 3],
        [1, 4],
      ],
    );
    assert.deepEqual(
      graph.outputs.map((output) => graph.tensors[output]!.shape),
      [
        [1, 7],
        [1, 2],
      ],
    );
  });

  test("an output that is an input, or another output, is copied", () => {
    const input = picture();
    const relu = apply(layers.reLU(), input);
    const model = tf.model({
      inputs: input,
      outputs: [relu, apply(layers.dropout({ rate: 0.5 }), relu), apply(layers.dropout({ rate: 0.5 }), input)],
    });
    assert.deepEqual(kindsOf(model), ["RELU", "RESHAPE", "RESHAPE"]);
  });

  test("layers of the program's own are known by Keras' names for them", () => {
    const [left, right] = [picture(), picture()];
    const difference = apply(new Subtract({}), [left, apply(new SpatialDropout2D({}), right)]);
    const model = tf.model({ inputs: [left, right], outputs: apply(layers.reLU(), difference) });
    assert.deepEqual(kindsOf(model), ["SUB"]);
  });

  test("the batch size is fixed in the file", () => {
    const model = chain(layers.conv2d({ filters: 3, kernelSize: 3 }), layers.flatten(), layers.dense({ units: 2 }));
    fillRandomly(model, 1);
    const { bytes, report } = convertLayersModel(model, { batchSize: 3, description: "three at once" });
    const loaded = plainEngine.load(bytes);
    assert.deepEqual(
      [loaded.inputs[0]!.shape, loaded.outputs[0]!.shape],
      [
        [3, 6, 6, 2],
        [3, 2],
      ],
    );
    assert.equal(report.bytes, bytes.length);
    assert.equal(report.parameters, 3 * 3 * 3 * 2 + 3 + 48 * 2 + 2 + 2);
  });
});

describe("passes", () => {
  test("batch norm and activation go into every kind of kernel", () => {
    const finish = () => [layers.batchNormalization({}), layers.reLU({ maxValue: 6 })];
    assert.deepEqual(kindsOf(chain(layers.conv2d({ filters: 3, kernelSize: 3 }), ...finish())), ["CONV_2D"]);
    assert.deepEqual(kindsOf(chain(layers.depthwiseConv2d({ kernelSize: 3 }), ...finish())), ["DEPTHWISE_CONV_2D"]);
    assert.deepEqual(kindsOf(chain(layers.flatten(), layers.dense({ units: 3 }), ...finish())), [
      "RESHAPE",
      "FULLY_CONNECTED",
    ]);
    assert.deepEqual(kindsOf(chain(layers.conv2dTranspose({ filters: 3, kernelSize: 3 }), ...finish())), [
      "TRANSPOSE_CONV",
      "RELU6",
    ]);
  });

  test("a batch norm that follows no kernel becomes a multiplication and an addition", () => {
    assert.deepEqual(kindsOf(chain(layers.batchNormalization({}), layers.reLU())), ["MUL", "ADD"]);
    const activated = chain(
      layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu" }),
      layers.batchNormalization({}),
    );
    assert.deepEqual(kindsOf(activated), ["CONV_2D", "MUL", "ADD"]);
  });

  test("what is an output itself is not merged away", () => {
    const input = picture();
    const convolved = apply(layers.conv2d({ filters: 3, kernelSize: 3 }), input);
    const normalized = apply(layers.batchNormalization({}), convolved);
    const model = tf.model({ inputs: input, outputs: [convolved, apply(layers.reLU(), normalized), normalized] });
    assert.deepEqual(kindsOf(model), ["CONV_2D", "MUL", "ADD", "RELU"]);
  });

  test("an explicit padding merges where it equals SAME, and only there", () => {
    const padded = (padding: number[][], strides: number) =>
      chain(layers.zeroPadding2d({ padding: padding as never }), layers.conv2d({ filters: 3, kernelSize: 3, strides }));
    assert.deepEqual(
      kindsOf(
        padded(
          [
            [0, 1],
            [0, 1],
          ],
          2,
        ),
      ),
      ["CONV_2D"],
    );
    assert.deepEqual(
      kindsOf(
        padded(
          [
            [1, 1],
            [1, 1],
          ],
          1,
        ),
      ),
      ["CONV_2D"],
    );
    assert.deepEqual(
      kindsOf(
        padded(
          [
            [1, 1],
            [1, 1],
          ],
          2,
        ),
      ),
      ["PAD", "CONV_2D"],
    );
    assert.deepEqual(
      kindsOf(
        padded(
          [
            [1, 0],
            [1, 0],
          ],
          2,
        ),
      ),
      ["PAD", "CONV_2D"],
    );
    assert.deepEqual(
      kindsOf(
        padded(
          [
            [0, 0],
            [0, 0],
          ],
          2,
        ),
      ),
      ["CONV_2D"],
    );
  });

  test("SAME is written out where strides pass over the picture's end", () => {
    const strided = (kernelSize: [number, number], strides: [number, number]) =>
      kindsOf(chain(layers.conv2d({ filters: 3, kernelSize, strides, padding: "same" })));
    assert.deepEqual(strided([1, 2], [2, 1]), ["PAD", "CONV_2D"]);
    assert.deepEqual(strided([1, 1], [2, 2]), ["CONV_2D"]);
  });

  test("reshapes in a row become one, and training's noise none", () => {
    const model = chain(layers.reshape({ targetShape: [12, 6] }), layers.dropout({ rate: 0.5 }), layers.flatten());
    assert.deepEqual(kindsOf(model), ["RESHAPE"]);
  });
});

describe("refusals", () => {
  function assertRefused(model: tf.LayersModel, ...named: readonly RegExp[]): void {
    assert.throws(
      () => convertLayersModel(model),
      (error) => {
        assert.ok(error instanceof FacelatchError);
        assert.equal(error.code, "CONVERT_UNSUPPORTED");
        for (const part of named) assert.match(error.detail.found, part);
        return true;
      },
    );
  }

  test("every layer of an unknown class is named", () => {
    const input = tf.input({ shape: [4, 3] });
    const recurrent = apply(layers.lstm({ units: 2, name: "memory", recurrentInitializer: "zeros" }), input);
    const model = tf.model({ inputs: input, outputs: apply(layers.repeatVector({ n: 2, name: "again" }), recurrent) });
    assertRefused(model, /memory \(LSTM\)/, /again \(RepeatVector\)/);
  });

  test("a known layer with settings that cannot be expressed is named", () => {
    const named = { name: "culprit" };
    const cases: readonly unknown[] = [
      layers.conv2d({ filters: 2, kernelSize: 1, activation: "mish", ...named }),
      layers.conv2d({ filters: 2, kernelSize: 1, dataFormat: "channelsFirst", ...named }),
      layers.maxPooling2d({ dataFormat: "channelsFirst", ...named }),
      layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2, ...named } as never),
      layers.softmax({ axis: 1, ...named } as never),
      layers.batchNormalization({ axis: 1, ...named }),
    ];
    for (const layer of cases) assertRefused(chain(layer), /layer culprit \(\w+\) has/);
  });

  test("an input without a fixed shape, or of integers, is named", () => {
    const open = tf.input({ shape: [null, null, 3], name: "anywhere" });
    assertRefused(tf.model({ inputs: open, outputs: apply(layers.reLU(), open) }), /anywhere \(InputLayer\)/);
    const integers = tf.input({ shape: [3], dtype: "int32", name: "counts" });
    assertRefused(tf.model({ inputs: integers, outputs: apply(layers.reLU(), integers) }), /counts \(InputLayer\)/);
  });
});
