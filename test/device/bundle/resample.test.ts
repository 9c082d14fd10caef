// Resampling: the one resize, held against what its definition says.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { centreSquare, resample, resampleToRgb } from "../../../device/bundle/resample.ts";

function gradient(widthPx: number, heightPx: number): RgbImage {
  const data = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) data.set([x % 256, y % 256, (x + y) % 256], (y * widthPx + x) * 3);
  }
  return { data, widthPx, heightPx };
}

test("the same size gives the same picture", () => {
  const image = gradient(33, 21);
  const same = resampleToRgb(image, { leftPx: 0, topPx: 0, widthPx: 33, heightPx: 21 }, 33, 21);
  assert.deepEqual(same.data, image.data);
});

test("halving a picture averages a triangle of pixels, none skipped", () => {
  const data = new Uint8Array(8 * 3);
  data.set([255, 255, 255], 3 * 3);
  const image = { data, widthPx: 8, heightPx: 1 };
  const out = new Float32Array(4 * 3);
  resample(image, { leftPx: 0, topPx: 0, widthPx: 8, heightPx: 1 }, 4, 1, out);
  const red = [out[0], out[3], out[6], out[9]].map((value) => Math.round(value!));
  // The pixel's centre, 3.5, is half a pixel from the second sample's centre and one and a half from the third's:
  // triangles of radius 2 weigh it with 0.75 and 0.25 of a sum of 2.
  assert.deepEqual(red, [0, Math.round((255 * 0.75) / 2), Math.round((255 * 0.25) / 2), 0]);
});

test("a constant picture stays constant at any region and size, also beyond its border", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 255 }),
      fc.record({
        leftPx: fc.double({ min: -50, max: 50, noNaN: true }),
        topPx: fc.double({ min: -50, max: 50, noNaN: true }),
        widthPx: fc.double({ min: 0.5, max: 120, noNaN: true }),
        heightPx: fc.double({ min: 0.5, max: 120, noNaN: true }),
      }),
      fc.integer({ min: 1, max: 24 }),
      (widthPx, heightPx, value, region, sizePx) => {
        const image = { data: new Uint8Array(widthPx * heightPx * 3).fill(value), widthPx, heightPx };
        const out = new Float32Array(sizePx * sizePx * 3);
        resample(image, region, sizePx, sizePx, out, 1 / 255, -0.5);
        for (const found of out) assert.ok(Math.abs(found - (value / 255 - 0.5)) < 1e-4, `${found} for ${value}`);
      },
    ),
    { numRuns: 300 },
  );
});

test("a moved region moves the picture", () => {
  const image = gradient(100, 80);
  const a = resampleToRgb(image, { leftPx: 10, topPx: 20, widthPx: 30, heightPx: 30 }, 30, 30);
  for (let y = 0; y < 30; y++) {
    for (let x = 0; x < 30; x++) assert.equal(a.data[(y * 30 + x) * 3], x + 10);
  }
});

test("the centre square is the largest that fits", () => {
  assert.deepEqual(centreSquare({ widthPx: 640, heightPx: 480 }), {
    leftPx: 80,
    topPx: 0,
    widthPx: 480,
    heightPx: 480,
  });
});
