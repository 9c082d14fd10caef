// The features of the presentation attack defence: the middle of the grid apart from what surrounds it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeHead, type LinearHead } from "../../../device/bundle/linear-head.ts";
import {
  centreAndSurround,
  decodePresentationHead,
  presentationFeatures,
  presentationLayers,
  presentationScore,
} from "../../../device/bundle/presentation.ts";

test("each channel is split into the middle cell and the mean of the eight around it", () => {
  const pooled = presentationLayers.map(({ channels }, layer) =>
    Float32Array.from({ length: 9 * channels }, (_, i) => {
      const cell = Math.floor(i / channels);
      return 1000 * layer + 10 * cell + (i % channels) / channels;
    }),
  );
  const features = centreAndSurround(pooled);
  assert.equal(features.length, presentationFeatures);
  let at = 0;
  for (const [layer, { channels }] of presentationLayers.entries()) {
    for (let channel = 0; channel < channels; channel++) {
      const shift = 1000 * layer + channel / channels;
      assert.ok(Math.abs(features[at++]! - (shift + 40)) < 1e-2);
      // The mean of the cells 0 to 8 without cell 4, whose number is the mean of all.
      assert.ok(Math.abs(features[at++]! - (shift + 40)) < 1e-2);
    }
  }
  pooled[0]!.fill(0, 4 * 384, 5 * 384);
  const [centre, around] = centreAndSurround(pooled);
  assert.equal(centre, 0);
  assert.ok(Math.abs(around! - 40) < 1e-3);
});

test("a head for other features is refused", () => {
  const head: LinearHead = {
    purpose: "presentation",
    weights: new Float32Array(presentationFeatures),
    bias: 0,
  };
  head.weights[1] = 2;
  const read = decodePresentationHead(encodeHead(head));
  const features = new Float32Array(presentationFeatures);
  assert.equal(presentationScore(features, read), 0.5);
  features[1] = -3;
  assert.ok(presentationScore(features, read) < 0.01);
  assert.throws(
    () => decodePresentationHead(encodeHead({ ...head, weights: new Float32Array(1280) })),
    /1280 features/,
  );
  assert.throws(() => decodePresentationHead(encodeHead({ ...head, purpose: "mask" })), /a head for mask/);
});
