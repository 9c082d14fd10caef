// The models' inputs: what of the frame they show, and what lies beside it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { letterbox } from "../../../device/bundle/faces.ts";
import { fillDetectorInput } from "../../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../../device/bundle/manifest.ts";
import { resample } from "../../../device/bundle/resample.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

const input: ModelInput = {
  shape: [1, 128, 128, 3],
  layout: "NHWC",
  dtype: "float32",
  colour: "RGB",
  resizeKernel: "triangle",
  mean: 127.5,
  scale: 127.5,
};

for (const [widthPx, heightPx] of [
  [640, 480],
  [480, 640],
  [128, 128],
  [1280, 720],
  [333, 77],
  [50, 61],
] as const) {
  test(`the detector sees all of a ${widthPx} x ${heightPx} frame between black bars`, () => {
    const random = seededRandom(1);
    const data = Uint8Array.from({ length: widthPx * heightPx * 3 }, () => random.below(256));
    const frame = { data, widthPx, heightPx };
    const box = letterbox(frame);
    const tensor = new Float32Array(128 * 128 * 3).fill(Number.NaN);
    fillDetectorInput(frame, box, input, tensor);
    const square = new Float32Array(128 * 128 * 3);
    resample(frame, box.region, 128, 128, square, 1 / 127.5, -1);
    for (let at = 0; at < tensor.length; at++) {
      const x = Math.floor(at / 3) % 128;
      const y = Math.floor(at / 384);
      // Pixels of which no part lies inside the frame.
      const outside = isBar(x, widthPx / box.scale) || isBar(y, heightPx / box.scale);
      const expected = outside ? -1 : square[at]!;
      assert.ok(Math.abs(tensor[at]! - expected) < 1e-5, `${tensor[at]} for ${expected} at ${x}, ${y}`);
    }
  });
}

/** Whether pixel `at` of 128 lies wholly outside of the centred `length`. */
function isBar(at: number, length: number): boolean {
  const start = (128 - length) / 2;
  return at + 1 <= start || at >= 128 - start;
}
