// The warp to the aligned crop: it finds the similarity, reads between pixels, and averages what it shrinks.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { alignedPx, alignFace, type Similarity, warpAligned, warpSquare } from "../../../device/bundle/alignment.ts";
import type { Point } from "../../../device/bundle/faces.ts";
import type { RgbImage } from "../../../device/bundle/image.ts";

function picture(
  widthPx: number,
  heightPx: number,
  paint: (x: number, y: number, channel: number) => number,
): RgbImage {
  const data = new Uint8Array(widthPx * heightPx * 3);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    data[i] = paint(pixel % widthPx, Math.floor(pixel / widthPx), i % 3);
  }
  return { data, widthPx, heightPx };
}

const turned = (degrees: number, scale: number, leftPx: number, topPx: number): Similarity => ({
  cos: scale * Math.cos((degrees * Math.PI) / 180),
  sin: scale * Math.sin((degrees * Math.PI) / 180),
  leftPx,
  topPx,
});

const map = ({ cos, sin, leftPx, topPx }: Similarity, { xPx, yPx }: Point): Point => ({
  xPx: cos * xPx - sin * yPx + leftPx,
  yPx: sin * xPx + cos * yPx + topPx,
});

/** Eyes and mouth where the published template has them, moved down; nose and ears anywhere. */
const uprightFace: readonly Point[] = [
  { xPx: 38.2946 + 0.5, yPx: 51.6963 + 2 },
  { xPx: 73.5318 + 0.5, yPx: 51.5014 + 2 },
  { xPx: 49, yPx: 77 },
  { xPx: (41.5493 + 70.7299) / 2 + 0.5, yPx: (92.3655 + 92.2041) / 2 + 2 },
  { xPx: 10, yPx: 60 },
  { xPx: 100, yPx: 60 },
];

const anySimilarity = fc
  .record({
    degrees: fc.double({ min: -180, max: 180, noNaN: true }),
    scale: fc.double({ min: 0.1, max: 20, noNaN: true }),
    leftPx: fc.double({ min: -500, max: 3000, noNaN: true }),
    topPx: fc.double({ min: -500, max: 3000, noNaN: true }),
  })
  .map(({ degrees, scale, leftPx, topPx }) => turned(degrees, scale, leftPx, topPx));

test("a face that is the template, turned and scaled, is found exactly", () => {
  fc.assert(
    fc.property(anySimilarity, (similarity) => {
      const found = alignFace(uprightFace.map((point) => map(similarity, point)));
      for (const key of ["cos", "sin", "leftPx", "topPx"] as const) {
        assert.ok(Math.abs(found[key] - similarity[key]) < 1e-6, `${key}: ${found[key]} for ${similarity[key]}`);
      }
    }),
  );
});

test("where a face is no template, no other similarity fits it better", () => {
  const shift = fc.double({ min: -12, max: 12, noNaN: true });
  const shifts = fc.array(fc.tuple(shift, shift), { minLength: 6, maxLength: 6 });
  const nudge = fc.double({ min: -0.05, max: 0.05, noNaN: true });
  fc.assert(
    fc.property(shifts, fc.tuple(nudge, nudge, nudge, nudge), (moved, [cos, sin, leftPx, topPx]) => {
      const face = uprightFace.map(({ xPx, yPx }, k) => ({ xPx: xPx + moved[k]![0], yPx: yPx + moved[k]![1] }));
      const error = (similarity: Similarity) =>
        [0, 1, 3].reduce((sum, k) => {
          const { xPx, yPx } = map(similarity, uprightFace[k]!);
          return sum + (xPx - face[k]!.xPx) ** 2 + (yPx - face[k]!.yPx) ** 2;
        }, 0);
      const best = alignFace(face);
      const other = {
        cos: best.cos + cos,
        sin: best.sin + sin,
        leftPx: best.leftPx + 20 * leftPx,
        topPx: best.topPx + 20 * topPx,
      };
      assert.ok(error(best) <= error(other) + 1e-9);
    }),
  );
});

/** Red says how far right a pixel is, green how far down: whatever reads it must read places between pixels. */
const gradient = picture(250, 250, (x, y, channel) => [x, y, 128][channel]!);

test("every pixel is read at the place that the similarity names, to a tenth of a pixel", () => {
  const inside = fc.record({
    degrees: fc.double({ min: -180, max: 180, noNaN: true }),
    scale: fc.double({ min: 0.2, max: 1.4, noNaN: true }),
    shiftPx: fc.double({ min: -8, max: 8, noNaN: true }),
  });
  const out = new Float32Array(alignedPx * alignedPx * 3);
  fc.assert(
    fc.property(inside, ({ degrees, scale, shiftPx }) => {
      const { cos, sin } = turned(degrees, scale, 0, 0);
      const half = alignedPx / 2;
      const similarity = { cos, sin, leftPx: 125 + shiftPx - half * (cos - sin), topPx: 125 - half * (sin + cos) };
      warpAligned(gradient, similarity, out);
      for (let y = 0; y < alignedPx; y += 3) {
        for (let x = 0; x < alignedPx; x += 3) {
          const at = (y * alignedPx + x) * 3;
          const { xPx, yPx } = map(similarity, { xPx: x + 0.5, yPx: y + 0.5 });
          assert.ok(Math.abs(out[at]! - (xPx - 0.5)) < 0.1, `${out[at]} at ${xPx - 0.5}`);
          assert.ok(Math.abs(out[at + 1]! - (yPx - 0.5)) < 0.1, `${out[at + 1]} at ${yPx - 0.5}`);
          assert.ok(Math.abs(out[at + 2]! - 128) < 0.01);
        }
      }
    }),
  );
});

test("an upright square of the crop's size is copied", () => {
  const noisy = picture(200, 200, (x, y, channel) => (x * 37 + y * 91 + channel * 53) % 256);
  const out = new Float32Array(alignedPx * alignedPx * 3);
  warpAligned(noisy, turned(0, 1, 30, 40), out);
  for (let y = 0; y < alignedPx; y++) {
    for (let k = 0; k < alignedPx * 3; k++) {
      assert.ok(Math.abs(out[y * alignedPx * 3 + k]! - noisy.data[((y + 40) * 200 + 30) * 3 + k]!) < 1e-3);
    }
  }
});

test("fine detail of a much larger face is averaged, however it is turned", () => {
  const checks = picture(600, 600, (x, y) => ((x + y) % 2 === 0 ? 0 : 255));
  const out = new Float32Array(alignedPx * alignedPx * 3);
  for (const degrees of [0, 10, 45]) {
    const { cos, sin } = turned(degrees, 3, 0, 0);
    warpAligned(checks, { cos, sin, leftPx: 300 - 56 * (cos - sin), topPx: 300 - 56 * (cos + sin) }, out);
    for (const value of out) assert.ok(Math.abs(value - 127.5) < 12, `${value} at ${degrees} degrees`);
  }
});

test("beyond the frame its border repeats", () => {
  const out = new Float32Array(8 * 8 * 3);
  warpSquare(gradient, turned(0, 1, -20, 300), 8, out);
  for (let i = 0; i < out.length; i += 3) assert.deepEqual([out[i], out[i + 1], out[i + 2]], [0, 249, 128]);
});
