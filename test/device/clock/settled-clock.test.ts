// What grows old does so by a clock that has run evenly for an hour; a jump, forth or back, ages nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SettledClock } from "../../../device/clock/settled-clock.ts";

const hourMs = 3_600_000;
const yearMs = 365.25 * 24 * hourMs;

function clock() {
  let [wallMs, nowMs] = [Date.UTC(2026, 5, 1), 5_000];
  const settled = new SettledClock({ wallMs: () => wallMs, nowMs: () => nowMs });
  return {
    /** The year that it tells last, asked every minute. */
    passes: (durationMs: number) => {
      let year = 0;
      for (const endMs = nowMs + durationMs; nowMs < endMs; nowMs += 60_000, wallMs += 60_000)
        year = settled.now().getUTCFullYear();
      return year;
    },
    jumps: (byMs: number) => {
      wallMs += byMs;
    },
  };
}

test("an hour after the start it is the wall clock", () => {
  const { passes } = clock();
  assert.equal(passes(hourMs), 1970);
  assert.equal(passes(120_000), 2026);
});

test("a jump of ten years ages nothing for an hour, and counts where it stays", () => {
  for (const [years, year] of [
    [10, 2036],
    [-10, 2016],
  ] as const) {
    const { passes, jumps } = clock();
    passes(2 * hourMs);
    jumps(years * yearMs);
    assert.equal(passes(hourMs), 1970);
    assert.equal(passes(120_000), year);
  }
});

test("a jump that is set right within the hour was none, an hour later", () => {
  const { passes, jumps } = clock();
  passes(2 * hourMs);
  jumps(10 * yearMs);
  passes(hourMs / 2);
  jumps(-10 * yearMs);
  assert.equal(passes(hourMs), 1970);
  assert.equal(passes(120_000), 2026);
});

test("a clock that is pulled into step goes on counting", () => {
  const { passes, jumps } = clock();
  passes(2 * hourMs);
  jumps(1_000);
  assert.equal(passes(60_000), 2026);
});
