// The compiled inner loops of the resize: that they are what their source says, and that they do what it means.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Region, RgbImage } from "../../../device/bundle/image.ts";
import { resample } from "../../../device/bundle/resample.ts";
import { kernelWith } from "../../../device/bundle/resample-kernel.ts";
import { kernelBase64 } from "../../../device/bundle/resample-kernel.wasm.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { compiledKernel } from "../../fixtures/write-resample-kernel.ts";

/** Of 8-bit values. */
const tolerance = 1e-3;

function noise(widthPx: number, heightPx: number, seed: number): RgbImage {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: widthPx * heightPx * 3 }, () => random.below(256));
  return { data, widthPx, heightPx };
}

/** The weights of one output sample by position in the picture: the definition, once more, in double precision. */
function exactTaps(originPx: number, scale: number, i: number, pictureSizePx: number): [number, number][] {
  const radius = Math.max(1, scale);
  const step = Math.max(1, Math.floor(scale / 2));
  const centre = originPx + (i + 0.5) * scale;
  const taps: [number, number][] = [];
  for (let k = Math.floor((centre - radius - 0.5) / step); k * step < centre + radius; k++) {
    const weight = 1 - Math.abs(k * step + 0.5 - centre) / radius;
    if (weight > 0) taps.push([Math.min(pictureSizePx - 1, Math.max(0, k * step)), weight]);
  }
  const sum = taps.reduce((total, [, weight]) => total + weight, 0);
  return taps.map(([position, weight]) => [position, weight / sum]);
}

/** The largest distance between what was found and what the definition says, in 8-bit values. */
function worst(found: Float32Array, image: RgbImage, region: Region, widthPx: number, heightPx: number): number {
  let largest = 0;
  for (let y = 0; y < heightPx; y++) {
    const down = exactTaps(region.topPx, region.heightPx / heightPx, y, image.heightPx);
    for (let x = 0; x < widthPx; x++) {
      const across = exactTaps(region.leftPx, region.widthPx / widthPx, x, image.widthPx);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const [row, weightY] of down) {
          for (const [column, weightX] of across) {
            sum += image.data[(row * image.widthPx + column) * 3 + channel]! * weightY * weightX;
          }
        }
        const distance = Math.abs(found[(y * widthPx + x) * 3 + channel]! - sum);
        // A value that was never written must not pass as NaN.
        largest = Math.max(largest, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
      }
    }
  }
  return largest;
}

test("the committed module is, byte by byte, what the compiler makes of the committed source", async () => {
  const expected = await compiledKernel();
  const hint = "run: npx tsc -p . && node dist/test/fixtures/write-resample-kernel.js";
  assert.ok(kernelBase64 === expected, `device/bundle/resample-kernel.wasm.ts is not of this source; ${hint}`);
});

test("any region of any picture is resampled as the definition says", () => {
  const sizePx = fc.integer({ min: 1, max: 90 });
  const originPx = fc.double({ min: -60, max: 90, noNaN: true });
  const lengthPx = fc.double({ min: 0.5, max: 400, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({ widthPx: sizePx, heightPx: sizePx, seed: fc.integer({ min: 0, max: 1000 }) }),
      fc.record({ leftPx: originPx, topPx: originPx, widthPx: lengthPx, heightPx: lengthPx }),
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 70 }),
      ({ widthPx, heightPx, seed }, region, outWidthPx, outHeightPx) => {
        const image = noise(widthPx, heightPx, seed);
        const out = new Float32Array(outWidthPx * outHeightPx * 3).fill(Number.NaN);
        resample(image, region, outWidthPx, outHeightPx, out);
        const distance = worst(out, image, region, outWidthPx, outHeightPx);
        assert.ok(distance <= tolerance, `off by ${distance}`);
      },
    ),
    { numRuns: 150 },
  );
});

for (const { name, region, sizePx } of [
  { name: "detector", region: { leftPx: 0, topPx: -80, widthPx: 640, heightPx: 640 }, sizePx: 128 },
  { name: "classifier without a face", region: { leftPx: 80, topPx: 0, widthPx: 480, heightPx: 480 }, sizePx: 240 },
  { name: "classifier", region: { leftPx: 210.3, topPx: 95.8, widthPx: 231.6, heightPx: 231.6 }, sizePx: 240 },
]) {
  test(`the ${name}'s input is as the definition says, also after gain and offset`, () => {
    const image = noise(640, 480, 1);
    const plain = new Float32Array(sizePx * sizePx * 3);
    resample(image, region, sizePx, sizePx, plain);
    assert.ok(worst(plain, image, region, sizePx, sizePx) <= tolerance);
    const scaled = new Float32Array(plain.length);
    resample(image, region, sizePx, sizePx, scaled, 1 / 127.5, -1);
    const back = scaled.map((value) => (value + 1) * 127.5);
    assert.ok(worst(back, image, region, sizePx, sizePx) <= tolerance);
  });
}

test("nothing is written beyond the output, which may lie within a larger tensor", () => {
  const image = noise(50, 50, 2);
  const region = { leftPx: 3, topPx: 4, widthPx: 40, heightPx: 40 };
  const tensor = new Float32Array(5 + 33 * 7 * 3 + 5).fill(-1);
  resample(image, region, 7, 33, tensor.subarray(5, -5));
  assert.ok(worst(tensor.subarray(5, -5), image, region, 7, 33) <= tolerance);
  for (const at of [0, 1, 2, 3, 4]) assert.deepEqual([tensor[at], tensor.at(-1 - at)], [-1, -1]);
});

test("an outsized picture is resampled too, and its memory is given back", () => {
  const image = noise(45_000, 160, 3);
  const region = { leftPx: 0, topPx: 0, widthPx: 45_000, heightPx: 160 };
  const out = new Float32Array(3 * 40 * 3);
  resample(image, region, 3, 40, out);
  assert.ok(worst(out, image, region, 3, 40) <= tolerance);
  assert.ok(kernelWith(1).bytes.length < 1024 * 1024);
});

test("a picture with fewer bytes than its size says is refused", () => {
  const image = { data: new Uint8Array(5), widthPx: 2, heightPx: 1 };
  assert.throws(() => resample(image, { leftPx: 0, topPx: 0, widthPx: 2, heightPx: 1 }, 2, 1, new Float32Array(6)));
});
