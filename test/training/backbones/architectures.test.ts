// What Keras publishes about its backbones holds for ours: parameters, layers, shapes, cuts, files.
import assert from "node:assert/strict";
import { test } from "node:test";
import { architectures, checkShape, mobileNetV2Alphas } from "../../../training/backbones/architectures.ts";
import { useMemoryBackend } from "../../../training/tensor-backend.ts";

await useMemoryBackend();

const channels: Readonly<Record<number, number>> = { 1.3: 1664, 1.4: 1792 };

for (const alpha of mobileNetV2Alphas) {
  test(`MobileNetV2 ${alpha} has Keras' parameters, layers and output`, () => {
    const { parameters, build } = architectures["mobilenet-v2"];
    const model = build({ name: "mobilenet-v2", alpha, sizePx: 224 });
    assert.equal(model.countParams(), parameters.get(alpha));
    assert.equal(model.layers.length, 154);
    assert.equal(model.name, `mobilenetv2_${alpha.toFixed(2)}_224`);
    assert.deepEqual(model.outputs[0]!.shape, [null, 7, 7, channels[alpha] ?? 1280]);
    model.dispose();
  });
}

test("MobileNetV2's layers have Keras' names and the shapes of its summary", () => {
  const model = architectures["mobilenet-v2"].build({ name: "mobilenet-v2", alpha: 1, sizePx: 224 });
  const shapes = {
    Conv1: [112, 112, 32],
    expanded_conv_depthwise_relu: [112, 112, 32],
    expanded_conv_project_BN: [112, 112, 16],
    block_1_expand: [112, 112, 96],
    block_1_pad: [113, 113, 96],
    block_1_depthwise: [56, 56, 96],
    block_2_add: [56, 56, 24],
    block_6_project: [14, 14, 64],
    block_12_add: [14, 14, 96],
    block_13_expand_relu: [14, 14, 576],
    block_16_project_BN: [7, 7, 320],
    out_relu: [7, 7, 1280],
  };
  for (const [name, shape] of Object.entries(shapes)) {
    assert.deepEqual(model.getLayer(name).outputShape, [null, ...shape], name);
  }
  model.dispose();
});

test("networks are cut where one tensor runs through them", () => {
  const mobile = architectures["mobilenet-v2"];
  const cuts = mobile.cutPoints(mobile.build({ name: "mobilenet-v2", alpha: 0.35, sizePx: 96 }));
  assert.equal(cuts.length, 18);
  assert.deepEqual(
    [cuts[0], cuts[1], cuts[3], cuts.at(-1)],
    ["Conv1_relu", "expanded_conv_project_BN", "block_2_add", "block_16_project_BN"],
  );
  const inception = architectures["inception-resnet-v2"];
  const model = inception.build({ name: "inception-resnet-v2", alpha: 1, sizePx: 75 });
  const inceptionCuts = inception.cutPoints(model);
  assert.equal(inceptionCuts.length, 3 + 10 + 20 + 10);
  assert.deepEqual([inceptionCuts[0], inceptionCuts.at(-1)], ["mixed_5b", "block8_10"]);
  assert.equal(model.countParams(), inception.parameters.get(1));
  model.dispose();
});

test("the published file is that of the size, or of 224", () => {
  const file = (alpha: number, sizePx: number) =>
    architectures["mobilenet-v2"].kerasFile({ name: "mobilenet-v2", alpha, sizePx }).path;
  assert.equal(file(1, 240), "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5");
  assert.equal(file(0.5, 96), "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.5_96_no_top.h5");
  assert.equal(file(0.35, 160), "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_160_no_top.h5");
  assert.equal(file(1.4, 96), "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.4_224_no_top.h5");
  const { path, md5 } = architectures["inception-resnet-v2"].kerasFile({
    name: "inception-resnet-v2",
    alpha: 1,
    sizePx: 240,
  });
  assert.equal(path, "inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5");
  assert.match(md5!, /^[0-9a-f]{32}$/);
});

test("preprocessing takes pixels to -1 and 1, as Keras' mode tf does", () => {
  for (const { pixels } of Object.values(architectures)) {
    assert.deepEqual(
      [0, 127.5, 255].map((value) => (value - pixels.mean) / pixels.scale),
      [-1, 0, 1],
    );
  }
});

test("widths without weights and impossible sizes are refused", () => {
  checkShape({ name: "mobilenet-v2", alpha: 1.4, sizePx: 240 });
  const wrong = [
    { name: "mobilenet-v2", alpha: 0.9, sizePx: 240 },
    { name: "mobilenet-v2", alpha: 1, sizePx: 31 },
    { name: "mobilenet-v2", alpha: 1, sizePx: 100.5 },
    { name: "inception-resnet-v2", alpha: 0.5, sizePx: 240 },
    { name: "inception-resnet-v2", alpha: 1, sizePx: 74 },
  ] as const;
  for (const shape of wrong) assert.throws(() => checkShape(shape), { code: "USAGE" });
});
