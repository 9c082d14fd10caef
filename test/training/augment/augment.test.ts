// Augmentation: drawn from seed, picture and variant alone; every change does what its name says.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { augment, makeVariant } from "../../../training/augment/augment.ts";
import { drawAugmentation, unchanged, variantKey } from "../../../training/augment/draw.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

const sidePx = 48;
const digest = "ab".repeat(32);

/** Smooth, and different from its mirror image. */
function picture(seed = 1): RgbImage {
  const random = seededRandom(seed);
  const phase = random.next();
  const data = Uint8Array.from({ length: sidePx * sidePx * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % sidePx, Math.floor(i / 3 / sidePx)];
    return 110 + 80 * Math.sin(x / 9 + phase + (i % 3)) * Math.cos(y / 13 + phase);
  });
  return { data, widthPx: sidePx, heightPx: sidePx };
}

const at = ({ data, widthPx }: RgbImage, x: number, y: number) =>
  Array.from(data.subarray((y * widthPx + x) * 3).subarray(0, 3));
const mean = ({ data }: RgbImage) => data.reduce((sum, value) => sum + value, 0) / data.length;
const roughness = ({ data }: RgbImage) =>
  data.reduce((sum, value, i) => sum + (i < 3 ? 0 : Math.abs(value - data[i - 3]!)), 0) / data.length;

test("the same seed, picture and variant give the same pixels, any other give others", async () => {
  const [a, b] = [await makeVariant(picture(), 1, digest, 5), await makeVariant(picture(), 1, digest, 5)];
  assert.deepEqual(a, b);
  for (const other of [
    await makeVariant(picture(), 2, digest, 5),
    await makeVariant(picture(), 1, "cd".repeat(32), 5),
    await makeVariant(picture(), 1, digest, 6),
  ]) {
    assert.notDeepEqual(other.data, a.data);
  }
});

test("variant 0 is the picture, variant 1 its mirror image, whatever the seed", async () => {
  const original = picture();
  for (const seed of [1, 2]) {
    assert.deepEqual(await makeVariant(original, seed, digest, 0), original);
    const mirrored = await makeVariant(original, seed, digest, 1);
    for (const [x, y] of [
      [0, 0],
      [7, 30],
    ] as const)
      assert.deepEqual(at(mirrored, x, y), at(original, sidePx - 1 - x, y));
    assert.deepEqual(await augment(mirrored, { ...unchanged, flip: true }), original);
  }
  assert.equal(variantKey(1, 1), variantKey(2, 1));
  assert.notEqual(variantKey(1, 2), variantKey(2, 2));
});

test("whatever is drawn stays within its reach and gives a picture of the same size", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 2, max: 50 }), async (seed, variant) => {
      const drawn = drawAugmentation(seed, digest, variant);
      assert.ok(Math.max(Math.abs(drawn.shiftX), Math.abs(drawn.shiftY)) <= 0.06);
      assert.ok(Math.abs(Math.log(drawn.zoom)) <= 0.12 && Math.abs(drawn.angleRad) <= (12 * Math.PI) / 180);
      assert.ok(drawn.blur >= 1 && drawn.blur <= 2.5 && Math.abs(drawn.light) <= 25);
      if (drawn.jpegQuality !== null) assert.ok(drawn.jpegQuality >= 25 && drawn.jpegQuality <= 75);
      if (drawn.occlusion !== null) {
        const { left, top, width, height } = drawn.occlusion;
        assert.ok(left >= 0 && top >= 0 && left + width <= 1 && top + height <= 1);
      }
      const { data, widthPx, heightPx } = await augment(picture(), drawn);
      assert.deepEqual([widthPx, heightPx, data.length], [sidePx, sidePx, sidePx * sidePx * 3]);
    }),
    { numRuns: 60 },
  );
});

test("every kind of change is drawn, and most variants get several", () => {
  const drawn = Array.from({ length: 400 }, (_, variant) => drawAugmentation(1, digest, variant + 2));
  const share = (has: (one: (typeof drawn)[number]) => boolean) => drawn.filter(has).length / drawn.length;
  assert.ok(Math.abs(share(({ flip }) => flip) - 0.5) < 0.1);
  assert.ok(Math.abs(share(({ occlusion }) => occlusion !== null) - 0.2) < 0.08);
  assert.ok(Math.abs(share(({ blur }) => blur > 1) - 0.25) < 0.08);
  assert.ok(Math.abs(share(({ jpegQuality }) => jpegQuality !== null) - 0.25) < 0.08);
});

test("a shift moves, a zoom enlarges, a turn turns, light adds, blur smooths, an occlusion covers", async () => {
  const original = picture();
  const shifted = await augment(original, { ...unchanged, shiftX: 6 / sidePx });
  assert.deepEqual(at(shifted, 26, 20), at(original, 20, 20));
  const zoomed = await augment(original, { ...unchanged, zoom: 2 });
  for (const [i, value] of at(zoomed, 24 + 10, 24).entries()) {
    assert.ok(Math.abs(value - at(original, 24 + 5, 24)[i]!) <= 6);
  }
  const turned = await augment(original, { ...unchanged, angleRad: Math.PI / 2 });
  const [expected, mirrored] = [at(original, 20, 47 - 30), at(original, 47 - 20, 30)];
  const found = at(turned, 30, 20);
  assert.ok(
    [expected, mirrored].some((pixel) => pixel.every((value, i) => Math.abs(value - found[i]!) <= 3)),
    `${found}`,
  );
  assert.ok(Math.abs(mean(await augment(original, { ...unchanged, light: 20 })) - mean(original) - 20) < 1);
  assert.ok(roughness(await augment(original, { ...unchanged, blur: 2.5 })) < roughness(original));
  const rgb = [9, 8, 7] as const;
  const occlusion = { left: 0.25, top: 0.25, width: 0.5, height: 0.25, rgb };
  const covered = await augment(original, { ...unchanged, occlusion });
  assert.deepEqual(at(covered, 20, 14), [...rgb]);
  assert.deepEqual(at(covered, 4, 14), at(original, 4, 14));
  const noisy = await augment(original, { ...unchanged, jpegQuality: 25 });
  assert.notDeepEqual(noisy.data, original.data);
  assert.ok(Math.abs(mean(noisy) - mean(original)) < 3);
});
