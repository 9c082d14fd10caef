// Tests of the suggestions for mistyped names.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { editDistance, suggest } from "../../../device/config/suggest.ts";

const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });

describe("editDistance", () => {
  it("counts insertions, deletions, replacements and swaps", () => {
    assert.equal(editDistance("pulse", "pulse"), 0);
    assert.equal(editDistance("pulse", "puls"), 1);
    assert.equal(editDistance("pulse", "pulsee"), 1);
    assert.equal(editDistance("pulse", "pause"), 2);
    assert.equal(editDistance("pulse", "pusle"), 1);
    assert.equal(editDistance("", "abc"), 3);
  });

  it("is symmetric, zero only for equals, and bounded by the longer word", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance, editDistance(b, a));
        assert.equal(distance === 0, a === b);
        assert.ok(distance >= Math.abs(a.length - b.length) && distance <= Math.max(a.length, b.length));
      }),
    );
  });
});

describe("suggest", () => {
  it("takes other spellings of a name for it, and nothing that resembles no name", () => {
    const names = ["pulseMs", "pulseMaxMs", "gapMinMs"];
    assert.equal(suggest("pulse_ms", names), "pulseMs");
    assert.equal(suggest("PulseMaxMS", names), "pulseMaxMs");
    assert.equal(suggest("gapMinms", names), "gapMinMs");
    assert.equal(suggest("retention", names), null);
    assert.equal(suggest("x".repeat(10_000), names), null);
  });
});
