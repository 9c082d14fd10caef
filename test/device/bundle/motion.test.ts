// What counts as motion: something new of a face's size, or another light; not a sensor's noise.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isStill, type LumaPicture, lumaCells, motionShrink } from "../../../device/bundle/motion.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

const widthPx = 160;
const heightPx = 90;

/** A room: smooth light over it, and some edges. */
function room(seed: number): number[] {
  const random = seededRandom(seed);
  const base = 40 + random.below(120);
  const slope = random.below(60) / widthPx;
  const edgePx = 10 + random.below(widthPx - 20);
  return Array.from({ length: widthPx * heightPx }, (_, i) => {
    const xPx = i % widthPx;
    return base + slope * xPx + (xPx > edgePx ? -25 : 0);
  });
}

/** The picture as a decoder gives it: whole levels from 0 to 255. */
function picture(lumas: readonly number[]): LumaPicture {
  return { data: Uint8ClampedArray.from(lumas) as unknown as Uint8Array, widthPx, heightPx };
}

/** Nearly normal numbers of deviation 1, made once: twelve uniform ones added up. */
const normals: readonly number[] = (() => {
  const random = seededRandom(5);
  return Array.from({ length: 16_381 }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random.below(1_000) / 1_000;
    return sum;
  });
})();

/** Adds noise of a deviation, in levels of the small picture. */
function noisy(lumas: readonly number[], deviation: number, seed: number): number[] {
  return lumas.map((luma, i) => luma + normals[(i + seed * 7_919) % normals.length]! * deviation);
}

function still(before: readonly number[], after: readonly number[]): boolean {
  return isStill(lumaCells(picture(before)), lumaCells(picture(after)));
}

/** Noise of 8 levels a frame pixel, averaged over the frame pixels of one small pixel. */
const sensorNoise = 8 / motionShrink;
const seeds = fc.integer({ min: 1, max: 1e6 });

describe("motion", () => {
  it("is not a sensor's noise", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const empty = room(seed);
        assert.ok(still(noisy(empty, sensorNoise, seed), noisy(empty, sensorNoise, seed + 1)));
      }),
      { numRuns: 40 },
    );
  });

  it("is a face-sized patch anywhere that differs by 12 levels, brighter or darker", () => {
    const facePx = 64 / motionShrink;
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 0, max: widthPx - facePx }),
        fc.integer({ min: 0, max: heightPx - facePx }),
        fc.constantFrom(-12, 12),
        (seed, leftPx, topPx, change) => {
          const empty = room(seed);
          const visited = empty.map((luma, i) => {
            const xPx = (i % widthPx) - leftPx;
            const yPx = Math.floor(i / widthPx) - topPx;
            return xPx >= 0 && xPx < facePx && yPx >= 0 && yPx < facePx ? luma + change : luma;
          });
          assert.ok(!still(noisy(empty, sensorNoise, seed), noisy(visited, sensorNoise, seed + 1)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is a light that goes on or off, and no longer once it has been looked at", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.3, 0.7, 0.85, 1.2, 1.5), (seed, gain) => {
        const before = room(seed);
        const after = before.map((luma) => luma * gain);
        assert.ok(!still(before, after));
        assert.ok(still(after, noisy(after, sensorNoise, seed)));
      }),
      { numRuns: 40 },
    );
  });

  it("is not the few percent by which exposure and mains light waver", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.95, 0.97, 1.03, 1.05), (seed, gain) => {
        const before = room(seed);
        assert.ok(
          still(
            before,
            noisy(
              before.map((luma) => Math.min(250, luma * gain)),
              sensorNoise,
              seed,
            ),
          ),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("is seen in the dark as well, where no cell tells of the light", () => {
    const dark = new Array<number>(widthPx * heightPx).fill(6);
    assert.ok(still(dark, noisy(dark, sensorNoise, 3)));
    assert.ok(
      !still(
        dark,
        dark.map((luma, i) => (i % widthPx < 8 ? luma + 12 : luma)),
      ),
    );
    assert.ok(
      !still(
        dark,
        dark.map((luma) => luma + 60),
      ),
    );
  });

  it("is every change of size", () => {
    const empty = lumaCells(picture(room(1)));
    const half = lumaCells({ data: new Uint8Array(80 * 45), widthPx: 80, heightPx: 45 });
    assert.ok(!isStill(empty, half));
  });
});
