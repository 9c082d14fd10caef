// The detector's input at dusk and in fog: spread over its range, never narrowed, bars left alone.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { spreadContrast } from "../../../device/bundle/contrast.ts";

const grey = (values: readonly number[]) => Float32Array.from(values.flatMap((value) => [value, value, value]));
const ramp = (from: number, to: number) => grey(Array.from({ length: 300 }, (_, i) => from + ((to - from) * i) / 299));

function rangeOf(tensor: Float32Array): number {
  return Math.max(...tensor) - Math.min(...tensor);
}

describe("a picture's contrast", () => {
  it("is spread where it is flat, at most fourfold", () => {
    const foggy = ramp(-0.1, 0.3);
    spreadContrast(foggy, -1, 1);
    assert.ok(rangeOf(foggy) > 1.5, `${rangeOf(foggy)}`);
    const dusk = ramp(-0.98, -0.9);
    spreadContrast(dusk, -1, 1);
    assert.ok(Math.abs(rangeOf(dusk) - 0.32) < 0.02, `${rangeOf(dusk)}`);
  });

  it("is left alone where it spans the range, and where there is none", () => {
    for (const tensor of [ramp(-1, 1), grey(new Array(100).fill(-1)), grey(new Array(100).fill(0.2))]) {
      const before = tensor.slice();
      spreadContrast(tensor, -1, 1);
      assert.deepEqual(tensor, before);
    }
  });

  it("keeps the order of values and stays in the range, whatever the picture", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 }), (values) => {
        const tensor = grey(values);
        const before = tensor.slice();
        spreadContrast(tensor, -1, 1);
        for (let i = 3; i < tensor.length; i += 3) {
          assert.ok(tensor[i]! >= -1 && tensor[i]! <= 1);
          if (before[i]! > before[i - 3]!) assert.ok(tensor[i]! >= tensor[i - 3]!);
        }
      }),
    );
  });
});
