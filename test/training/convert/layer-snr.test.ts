// Signal to noise by layer: a layer that int8 ruins is the one that is named.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-layers";
import { calibrate, convertLayersModel, quantizeGraph } from "../../../training/convert/convert.ts";
import { measureLayerSnr } from "../../../training/convert/layer-snr.ts";
import { fillRandomly, randomInputs } from "./random-weights.ts";
import { engines, plainEngine } from "./runtimes.ts";

const names = ["first", "middle", "last"];
const model = tf.sequential({
  layers: [
    ...names.map((name, i) =>
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        padding: "same",
        name,
        ...(i === 0 ? { inputShape: [8, 8, 3] } : {}),
      }),
    ),
    tf.layers.globalAveragePooling2d({}),
    tf.layers.softmax(),
  ],
});
fillRandomly(model, 6);
const { graph } = convertLayersModel(model);
const samples = [1, 2, 3].map((seed) => randomInputs(model, seed));
const ranges = calibrate(graph, plainEngine, samples, { kind: "minMax" });

for (const io of ["float32", "int8"] as const) {
  test(`every layer keeps its signal, with ${io} ends`, () => {
    for (const engine of engines) {
      const layers = measureLayerSnr(graph, quantizeGraph(graph, ranges, { io }).graph, engine, samples);
      assert.equal(layers.length, graph.operations.length);
      for (const { name, snrDb } of layers) assert.ok(snrDb > 20 && snrDb < 80, `${engine.name} ${name} ${snrDb}`);
    }
  });
}

test("a layer whose range is a hundred times too wide loses most", () => {
  const wide = new Map(ranges).set("middle", { min: -3000, max: 3000 });
  const [worst] = measureLayerSnr(graph, quantizeGraph(graph, wide, { io: "float32" }).graph, plainEngine, samples);
  assert.equal(worst!.name, "middle");
  assert.ok(worst!.lostDb > 20, `${worst!.lostDb}`);
});
