// What LED and buzzer do over time, as a pure function.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  ledOf,
  ledPatterns,
  leds,
  levelAt,
  type Pattern,
  soundPatterns,
} from "../../../device/door-io/signal-patterns.ts";

/** The levels of a pattern from its beginning, each with how long it lasts. */
function course(pattern: Pattern, durationMs: number): (readonly [level: 0 | 1, forMs: number])[] {
  const levels: (readonly [0 | 1, number])[] = [];
  for (let atMs = 0; atMs < durationMs; ) {
    const { level, untilMs } = levelAt(pattern, atMs);
    const endMs = untilMs ?? durationMs;
    assert.ok(endMs > atMs, "time goes on");
    levels.push([level, endMs - atMs]);
    atMs = endMs;
  }
  return levels;
}

const all = fc.constantFrom(...Object.values(ledPatterns), ...Object.values(soundPatterns));

describe("a pattern", () => {
  it("of the LED goes on and on, and is told from every other", () => {
    const seen = leds.map((led) => JSON.stringify(course(ledPatterns[led], 8_000)));
    assert.equal(new Set(seen).size, leds.length);
    assert.deepEqual(course(ledPatterns.locked, 8_000), [
      [1, 40],
      [0, 3_960],
      [1, 40],
      [0, 3_960],
    ]);
    assert.equal(levelAt(ledPatterns.opened, 59_999).level, 1);
    assert.equal(levelAt(ledPatterns.opened, 60_000).level, 1);
  });

  it("of the buzzer is short, and then silent for ever", () => {
    for (const pattern of Object.values(soundPatterns)) {
      assert.deepEqual(levelAt(pattern, 0).level, 1);
      assert.deepEqual(levelAt(pattern, 10_000), { level: 0, untilMs: null });
    }
    assert.deepEqual(course(soundPatterns.refused, 1_000), [
      [1, 350],
      [0, 150],
      [1, 350],
      [0, 150],
    ]);
  });

  it("has the same level from any moment to the next one that it names", () => {
    fc.assert(
      fc.property(
        all,
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (pattern, atMs, share) => {
          const { level, untilMs } = levelAt(pattern, atMs);
          const endMs = untilMs ?? atMs + 1e6;
          assert.ok(endMs > atMs);
          const between = atMs + (endMs - atMs) * share;
          if (between < endMs) assert.equal(levelAt(pattern, between).level, level);
        },
      ),
    );
  });
});

describe("the LED", () => {
  it("shows an open strike before all else, then a fault, then somebody who is looked at", () => {
    const door = { isOpening: true, isFaulty: true, isSomebodyThere: true };
    assert.equal(ledOf(door), "opened");
    assert.equal(ledOf({ ...door, isOpening: false }), "fault");
    assert.equal(ledOf({ ...door, isOpening: false, isFaulty: false }), "looking");
    assert.equal(ledOf({ isOpening: false, isFaulty: false, isSomebodyThere: false }), "locked");
  });
});
