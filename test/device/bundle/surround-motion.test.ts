// What two looks at a face's surround tell: that it went along, that it stood still, or nothing.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { surroundPx } from "../../../device/bundle/surround.ts";
import { compareSurround, logRatioMax } from "../../../device/bundle/surround-motion.ts";
import { flat, living, lookAt, type Scene } from "../moved-picture.ts";

const start = { xPx: 0, yPx: 0 };
/** An eighth of a face to the side, a little down. */
const moved = { xPx: 10, yPx: 3 };

function compare(before: Scene, after: Scene, afterMs = 100) {
  const first = { look: lookAt(before), capturedAtMs: 1_000 };
  const second = { look: lookAt(after), capturedAtMs: 1_000 + afterMs };
  const step = compareSurround(first, second);
  return { logRatio: step.logRatio, keeps: step.reference === first, takes: step.reference === second };
}

const between = (goesAlong: Scene["goesAlong"], changes: Partial<Scene> = {}, before: Partial<Scene> = {}) =>
  compare({ ...start, goesAlong, ...before }, { ...moved, goesAlong, ...changes }).logRatio;

describe("a look at a face's surround", () => {
  it("is a small picture of the square around the face", () => {
    const { luma, region, facePx } = lookAt({ ...start, goesAlong: living, light: 0.5 });
    assert.equal(luma.length, surroundPx ** 2);
    assert.equal(region.widthPx, 3.2 * facePx);
    assert.ok(Math.min(...luma) >= 0 && Math.max(...luma) <= 128);
  });
});

describe("two looks", () => {
  it("tell a picture that takes its surround along from a head before a room, in every direction and under other light", () => {
    const step = fc.integer({ min: -14, max: 14 });
    fc.assert(
      fc.property(step, step, fc.double({ min: 0.85, max: 1.15, noNaN: true }), (xPx, yPx, light) => {
        fc.pre(Math.hypot(xPx, yPx) >= 6);
        assert.equal(between(flat, { xPx, yPx, light }), logRatioMax);
        assert.equal(between(living, { xPx, yPx, light }), -logRatioMax);
      }),
      { numRuns: 25 },
    );
  });

  it("tell nothing before a blank wall", () => {
    assert.equal(between(living, { texture: 0 }, { texture: 0 }), 0);
  });

  it("do not take a wide hat, or something at one side, for a picture", () => {
    const hat = (across: number, down: number) => living(across, down) || (down < -0.4 && down < -Math.abs(across));
    const side = (across: number, down: number) => living(across, down) || across > 0;
    assert.ok(between(hat)! <= 0);
    assert.ok(between(side)! <= 0);
  });

  it("keep the first one until the face has moved, and then take the second", () => {
    const still = compare({ ...start, goesAlong: flat }, { xPx: 2, yPx: 1, goesAlong: flat });
    assert.deepEqual(still, { logRatio: null, keeps: true, takes: false });
    const told = compare({ ...start, goesAlong: flat }, { ...moved, goesAlong: flat });
    assert.deepEqual(told, { logRatio: logRatioMax, keeps: false, takes: true });
  });

  it("tell nothing, and the second is taken, after a jump, after a second, out of order, and in frames of other sizes", () => {
    const nothing = { logRatio: null, keeps: false, takes: true };
    const before = { ...start, goesAlong: flat };
    const after = { ...moved, goesAlong: flat };
    assert.deepEqual(compare(before, { ...after, xPx: 60 }), nothing);
    assert.deepEqual(compare(before, after, 1_001), nothing);
    assert.deepEqual(compare(before, after, 0), nothing);
    const first = { look: lookAt(before), capturedAtMs: 0 };
    const second = { look: { ...lookAt(after), frame: { widthPx: 640, heightPx: 480 } }, capturedAtMs: 100 };
    assert.deepEqual(compareSurround(first, second), { reference: second, logRatio: null });
    assert.deepEqual(compareSurround(null, second), { reference: second, logRatio: null });
  });

  it("tell nothing where a landmark is no number", () => {
    const first = { look: lookAt({ ...start, goesAlong: flat }), capturedAtMs: 0 };
    const look = lookAt({ ...moved, goesAlong: flat });
    const broken = { look: { ...look, similarity: { ...look.similarity, leftPx: Number.NaN } }, capturedAtMs: 100 };
    assert.deepEqual(compareSurround(first, broken), { reference: broken, logRatio: null });
    const further = { look: lookAt({ ...moved, goesAlong: flat }), capturedAtMs: 200 };
    assert.deepEqual(compareSurround(broken, further), { reference: further, logRatio: null });
  });
});
