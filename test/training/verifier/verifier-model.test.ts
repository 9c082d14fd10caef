// The verifier's model: for one face it answers as the published one does for two, and its space says what it is made of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alignFace, warpAligned } from "../../../device/bundle/alignment.ts";
import { cosine, normalise } from "../../../device/bundle/embedding.ts";
import { batchSizeOf } from "../../../training/convert/batch-size.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { whyNotXnnpack } from "../../../training/convert/xnnpack-support.ts";
import { readPhoto } from "../../../training/dataset/photo.ts";
import { strangerPhotos } from "../../../training/demo/npm-media.ts";
import { openTrainingDetector } from "../../../training/detector.ts";
import { readMobileFaceNet, readPublishedMobileFaceNet } from "../../../training/verifier/mobile-face-net.ts";
import { readVerifierModel } from "../../../training/verifier/verifier-model.ts";
import { engines } from "../convert/runtimes.ts";

const valuesPerFace = 112 * 112 * 3;

/** Model inputs of the faces in the demo's photos. */
async function alignedFaces(count: number): Promise<Float32Array[]> {
  const detect = await openTrainingDetector(engines[1]!);
  const inputs: Float32Array[] = [];
  for (const path of strangerPhotos()) {
    const image = await readPhoto(path);
    const [face] = detect(image);
    if (face === undefined) continue;
    const aligned = new Float32Array(valuesPerFace);
    warpAligned(image, alignFace(face.landmarks), aligned);
    inputs.push(aligned.map((value) => (value - 127.5) / 128));
    if (inputs.length === count) return inputs;
  }
  assert.fail(`${inputs.length} faces in the demo's photos, not ${count}`);
}

test("for one face it answers as the published model does for two", async () => {
  const { bytes } = await readVerifierModel();
  const published = await readPublishedMobileFaceNet();
  const faces = await alignedFaces(10);
  for (const engine of engines) {
    const pair = engine.load(published);
    const single = engine.load(bytes);
    for (let i = 0; i < faces.length; i += 2) {
      pair.inputs[0]!.data.set(faces[i]!);
      pair.inputs[0]!.data.set(faces[i + 1]!, valuesPerFace);
      pair.infer();
      for (const place of [0, 1]) {
        single.inputs[0]!.data.set(faces[i + place]!);
        single.infer();
        const expected = Float32Array.from(pair.outputs[0]!.data.slice(192 * place, 192 * place + 192));
        const found = Float32Array.from(single.outputs[0]!.data);
        assert.ok(normalise(expected) && normalise(found));
        for (const [k, value] of expected.entries()) {
          assert.ok(Math.abs(value - found[k]!) < 1e-5, `${engine.name}: ${found[k]} instead of ${value}`);
        }
        // The two faces of a pair are not mistaken for each other.
        const other = Float32Array.from(pair.outputs[0]!.data.slice(192 - 192 * place, 384 - 192 * place));
        assert.ok(normalise(other) && cosine(found, other) < 0.99);
      }
    }
  }
});

test("every operation of it is XNNPACK's", async () => {
  const graph = readTflite((await readVerifierModel()).bytes);
  assert.equal(batchSizeOf(graph), 1);
  assert.equal(graph.operations.filter(({ kind }) => kind === "PRELU").length, 33);
  for (const operation of graph.operations) assert.equal(whyNotXnnpack(operation, graph), null);
});

test("its space changes with the network and with what goes into it, and with nothing else", async () => {
  const space = async (read?: Parameters<typeof readVerifierModel>[0]) =>
    (await readVerifierModel(read)).settings.embeddingSpace;
  const original = await space();
  assert.match(original, /^[0-9a-f]{64}$/);
  assert.equal(await space(), original);
  const network = await readMobileFaceNet();
  const { settings } = network;
  const changed = [
    { ...network, bytes: network.bytes.map((byte, i) => (i === 5000 ? byte ^ 1 : byte)) },
    { ...network, settings: { ...settings, mirrored: !settings.mirrored } },
    { ...network, settings: { ...settings, input: { ...settings.input, mean: 128 } } },
  ];
  const spaces = await Promise.all(changed.map((other) => space(async () => other)));
  assert.equal(new Set([original, ...spaces]).size, 4);
});
