// A black or covered view is told from a place in focus, by day and by night.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LumaPicture } from "../../../device/bundle/motion.ts";
import { obstructionOf } from "../../../device/bundle/obstruction.ts";
import { qualityLimits } from "../../../device/bundle/quality.ts";
import { blurred, lit, place, seen } from "../../fixtures/scenes.ts";

const seeds = fc.integer({ min: 1, max: 1e6 });
/** Of a pixel of the small picture: that of a bright day, and of a camera at dusk with 8 levels a frame pixel. */
const noises = fc.constantFrom(0, 0.2, 0.5, 1);
const widths = fc.constantFrom(40, 80, 160);
const few = { numRuns: 60 };
/** In less light a camera's noise may bend the picture by as much as an edge would, and nothing is said of it. */
const tellingLuma = 52;

function medianOf({ data }: LumaPicture): number {
  return data.slice().sort()[Math.floor(data.length / 2)]!;
}

function flat(luma: number): LumaPicture {
  return { data: new Uint8Array(80 * 60).fill(luma), widthPx: 80, heightPx: 60 };
}

/** The picture with a lit square of so many pixels on a side. */
function withLight(picture: LumaPicture, side: number, luma: number): LumaPicture {
  const data = picture.data.slice();
  for (let i = 0; i < side * side; i++) data[(20 + Math.floor(i / side)) * picture.widthPx + 20 + (i % side)] = luma;
  return { ...picture, data };
}

describe("the view", () => {
  it("is free where a place is in focus, with a camera's noise and in any size", () => {
    const property = fc.property(seeds, noises, widths, (seed, noise, widthPx) => {
      assert.equal(obstructionOf(seen(place(seed, widthPx, (widthPx * 3) / 4), noise, seed)), null);
    });
    fc.assert(property, few);
  });

  it("is covered where all of it is blurred by what lies on the lens, but for one place in a hundred", () => {
    const ratios = fc.constantFrom(1 / 5, 1 / 3, 1 / 2);
    const drawn = fc.sample(fc.tuple(seeds, noises, ratios, widths), { numRuns: 300, seed: 1 });
    const told = drawn
      .map(([seed, noise, ratio, widthPx]) =>
        seen(blurred(place(seed, widthPx, (widthPx * 3) / 4), ratio), noise, seed),
      )
      .filter((picture) => medianOf(picture) >= tellingLuma)
      .map(obstructionOf);
    assert.ok(told.length > 200, `${told.length} places are light enough`);
    const missed = told.filter((obstruction) => obstruction !== "covered").length;
    assert.ok(missed <= told.length / 100, `${missed} of ${told.length} were missed`);
  });

  it("is free where it is merely out of focus, as near the door", () => {
    const property = fc.property(seeds, (seed) => {
      assert.equal(obstructionOf(seen(blurred(place(seed), 1 / 40), 0.5, seed)), null);
    });
    fc.assert(property, few);
  });

  it("is covered where it is one even grey, and a lamp or a speck of dust does not hide that", () => {
    assert.equal(obstructionOf(flat(128)), "covered");
    assert.equal(obstructionOf(withLight(flat(128), 2, 255)), "covered");
  });

  it("is black without light, hot pixels or not", () => {
    const property = fc.property(seeds, noises, (seed, noise) => {
      const dark = { lumas: new Float64Array(80 * 60).fill(8), widthPx: 80, heightPx: 60 };
      assert.equal(obstructionOf(seen(dark, noise, seed)), "black");
      assert.equal(obstructionOf(withLight(seen(dark, noise, seed), 2, 255)), "black");
    });
    fc.assert(property, few);
  });

  it("is never black where the middle of the smallest face that counts is light enough to be judged", () => {
    // A face of 40 px has a middle of 23 x 26 px, which nine whole blocks of eight lie in, or nearly.
    const middle = withLight(flat(0), 3, qualityLimits.brightnessMin);
    assert.notEqual(obstructionOf(middle), "black");
  });

  it("of a dark porch is never covered, whatever noise and light there are", () => {
    const gains = fc.double({ min: 0, max: 0.4, noNaN: true });
    const property = fc.property(seeds, noises, gains, (seed, noise, gain) => {
      const night = seen(lit(place(seed), gain), noise, seed);
      assert.notEqual(obstructionOf(night), "covered");
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("of a place whose contrast is weak for its noise is never covered", () => {
    // Light of 10 to 60 levels, edges of a fifth of it and more, and a camera's noise at dusk.
    const gains = fc.double({ min: 0.1, max: 0.4, noNaN: true });
    const property = fc.property(seeds, gains, (seed, gain) => {
      const weak = { ...place(seed), lumas: place(seed).lumas.map((luma) => 60 + luma * 0.4) };
      assert.notEqual(obstructionOf(seen(lit(weak, gain), 1, seed)), "covered");
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("of a dark porch with a lamp in it is free", () => {
    const property = fc.property(seeds, noises, (seed, noise) => {
      const night = seen(lit(place(seed), 0.05), noise, seed);
      assert.equal(obstructionOf(withLight(night, 8, 200)), null);
    });
    fc.assert(property, few);
  });
});
