// Tiles cover every frame, and a face of any wanted size lies whole in one of them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { squareAround, tileLevels } from "../../../device/bundle/tiles.ts";

const frameArbitrary = fc.record({
  widthPx: fc.integer({ min: 64, max: 1920 }),
  heightPx: fc.integer({ min: 64, max: 1920 }),
});

describe("the levels of a frame", () => {
  it("begin with the whole frame, become finer, and end with the wanted width where the frame is not very large", () => {
    fc.assert(
      fc.property(frameArbitrary, fc.integer({ min: 40, max: 200 }), (frame, wantedPx) => {
        const levels = tileLevels(frame, wantedPx);
        assert.equal(levels[0]!.tiles.length, 1);
        assert.equal(levels[0]!.tiles[0]!.region.widthPx, Math.max(frame.widthPx, frame.heightPx));
        for (let i = 1; i < levels.length; i++) {
          assert.ok(levels[i]!.faceWidthMinPx < levels[i - 1]!.faceWidthMinPx);
        }
        if (wantedPx >= 48) assert.ok(levels.at(-1)!.faceWidthMinPx <= wantedPx + 1e-9);
        assert.ok(levels.reduce((sum, { tiles }) => sum + tiles.length, 0) <= 100);
      }),
    );
  });

  it("show a face that no coarser level finds whole in one tile", () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(frameArbitrary, place, place, place, (frame, across, down, size) => {
        const levels = tileLevels(frame, 48);
        for (let i = 1; i < levels.length; i++) {
          const [finestPx, widestPx] = [levels[i]!.faceWidthMinPx, levels[i - 1]!.faceWidthMinPx];
          const sidePx = Math.min(finestPx + size * (widestPx - finestPx), frame.widthPx, frame.heightPx);
          const leftPx = across * (frame.widthPx - sidePx);
          const topPx = down * (frame.heightPx - sidePx);
          const whole = levels[i]!.tiles.some(
            ({ region }) =>
              region.leftPx <= leftPx + 0.5 &&
              region.topPx <= topPx + 0.5 &&
              region.leftPx + region.widthPx >= leftPx + sidePx - 0.5 &&
              region.topPx + region.heightPx >= topPx + sidePx - 0.5,
          );
          assert.ok(whole, `level ${i}: ${leftPx}, ${topPx}, ${sidePx}`);
        }
      }),
    );
  });
});

describe("the square around a box", () => {
  it("has the wanted side, holds the box's middle, and stays in the frame where it fits in", () => {
    const box = { leftPx: 600, topPx: 10, widthPx: 30, heightPx: 40 };
    const { region, scale } = squareAround({ widthPx: 640, heightPx: 480 }, box, 4);
    assert.deepEqual([region.widthPx, region.heightPx], [160, 160]);
    assert.deepEqual([region.leftPx, region.topPx], [480, 0]);
    assert.equal(scale, 160 / 128);
    const wide = squareAround({ widthPx: 100, heightPx: 480 }, box, 4).region;
    assert.equal(wide.leftPx, -30, "beyond both sides alike");
  });
});
