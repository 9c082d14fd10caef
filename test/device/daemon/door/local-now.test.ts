// The two clocks of a decision.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { localNow, minuteOfWeek } from "../../../../device/daemon/door/local-now.ts";

const minutesOfWeek = 7 * 24 * 60;

describe("the minute of the week", () => {
  it("counts from Monday 00:00 in local time", () => {
    // 23 November 2026 is a Monday.
    assert.equal(minuteOfWeek(new Date(2026, 10, 23, 0, 0)), 0);
    assert.equal(minuteOfWeek(new Date(2026, 10, 23, 0, 1, 59)), 1);
    assert.equal(minuteOfWeek(new Date(2026, 10, 24, 12, 30)), 24 * 60 + 12 * 60 + 30);
    assert.equal(minuteOfWeek(new Date(2026, 10, 22, 23, 59)), minutesOfWeek - 1);
    assert.equal(minuteOfWeek(new Date(2026, 10, 29, 0, 0)), 6 * 24 * 60);
  });

  it("is unknown before 2026, when no clock was set yet", () => {
    for (const year of [1970, 2000, 2025]) assert.equal(minuteOfWeek(new Date(year, 5, 1)), null);
    assert.notEqual(minuteOfWeek(new Date(2026, 0, 1)), null);
  });

  it("is unknown for a date that is none", () => {
    assert.ok(!Number.isInteger(minuteOfWeek(new Date(Number.NaN))));
  });

  it("is a whole number within the week, at any time", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(2026, 0, 2), max: new Date(2099, 0, 1), noInvalidDate: true }), (at) => {
        const minute = minuteOfWeek(at);
        assert.ok(minute !== null && Number.isInteger(minute) && minute >= 0 && minute < minutesOfWeek);
      }),
    );
  });
});

describe("now", () => {
  it("is the monotonic clock, with the minute of the local week", () => {
    const before = performance.now();
    const { nowMs, minuteOfWeek: minute } = localNow();
    assert.ok(nowMs >= before && nowMs <= performance.now());
    assert.ok(minute === null || (minute >= 0 && minute < minutesOfWeek));
  });
});
