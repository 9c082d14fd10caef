// Which value of a picture becomes which value of a tensor: the normalisation that models were trained with.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { fillClassifierInput, meanLuma } from "../../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../../device/bundle/manifest.ts";

function inputOf(heightPx: number, widthPx: number, mean: number, scale: number): ModelInput {
  return {
    shape: [1, heightPx, widthPx, 3],
    layout: "NHWC",
    dtype: "float32",
    colour: "RGB",
    resizeKernel: "triangle",
    mean,
    scale,
  };
}

function plain(widthPx: number, heightPx: number, colour: readonly [number, number, number]): RgbImage {
  const data = Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, i) => colour[i % 3]!);
  return { data, widthPx, heightPx };
}

describe("the classifier's input", () => {
  it("is (value - mean) / scale, RGB, row by row", () => {
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7) % 256);
    const image = { data, widthPx: 16, heightPx: 16 };
    const tensor = new Float32Array(data.length);
    const region = { leftPx: 0, topPx: 0, widthPx: 16, heightPx: 16 };
    fillClassifierInput(image, region, inputOf(16, 16, 127.5, 127.5), tensor);
    for (const [i, value] of tensor.entries()) assert.ok(Math.abs(value - (data[i]! - 127.5) / 127.5) < 1e-3);
  });

  it("keeps one colour, whatever the sizes, the region and the normalisation", () => {
    const channel = fc.integer({ min: 0, max: 255 });
    const side = fc.integer({ min: 1, max: 50 });
    const norm = fc.tuple(fc.constantFrom(0, 127.5, 255), fc.constantFrom(1, 127.5, 255));
    const part = fc.double({ min: 0.3, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(channel, channel, channel),
        fc.tuple(side, side),
        norm,
        part,
        (colour, [widthPx, heightPx], [mean, scale], share) => {
          const image = plain(widthPx, heightPx, colour);
          const tensor = new Float32Array(16 * 24 * 3).fill(Number.NaN);
          const region = { leftPx: 0, topPx: 0, widthPx: widthPx * share, heightPx: heightPx * share };
          fillClassifierInput(image, region, inputOf(16, 24, mean, scale), tensor);
          for (const [i, value] of tensor.entries()) {
            assert.ok(Math.abs(value - (colour[i % 3]! - mean) / scale) < 2e-3, `value ${i}: ${value}`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("the mean luma", () => {
  it("is 0 for black and 255 for white, weighs colours as the eye does, and takes any size", () => {
    assert.equal(meanLuma(plain(1, 1, [0, 0, 0])), 0);
    assert.ok(Math.abs(meanLuma(plain(640, 480, [255, 255, 255])) - 255) < 1e-6);
    assert.ok(Math.abs(meanLuma(plain(100, 3, [0, 200, 0])) - 0.587 * 200) < 1e-6);
    assert.ok(meanLuma(plain(9, 9, [0, 255, 0])) > meanLuma(plain(9, 9, [255, 0, 0])));
  });
});
