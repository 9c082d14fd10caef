// The log's level at run time: at once, for a stated time, and recorded.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { logLevels, newEventSchema } from "../../../device/events/events.ts";
import { logLevelReportSchema } from "../../../device/log/log.ts";
import { switchedLog } from "./switched-log.ts";

describe("a log whose level is switched", () => {
  it("writes what the level of now lets through, with every level of pino's", () => {
    const { logger, logLevel, lines } = switchedLog();
    logger.debug("before");
    assert.deepEqual(lines, []);
    for (const level of logLevels) {
      logLevel.set({ level }, "Anna");
      lines.length = 0;
      for (const each of logLevels) logger[each]("a line");
      assert.equal(lines.length, logLevels.length - logLevels.indexOf(level), level);
    }
  });

  it("tells until when by the wall clock of now, though that jumped", () => {
    const { logLevel, clock } = switchedLog();
    assert.deepEqual(logLevel.report(), { level: "info", configured: "info", until: null });
    logLevel.set({ level: "debug" }, "Anna");
    assert.deepEqual(logLevel.report(), { level: "debug", configured: "info", until: "2026-11-23T11:00:00.000Z" });
    clock.nowMs += 45 * 60_000;
    clock.wall = Date.parse("2027-01-01T00:00:00Z");
    assert.equal(logLevel.report().until, "2027-01-01T00:15:00.000Z");
    assert.ok(Check(logLevelReportSchema, logLevel.report()));
  });

  it("goes back by itself when its time is over, which begins anew when it is set again", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logger, logLevel } = switchedLog("warn");
    logLevel.set({ level: "trace", forMinutes: 10 }, "Anna");
    t.mock.timers.tick(9 * 60_000);
    logLevel.set({ level: "debug", forMinutes: 1_440 }, "Anna");
    t.mock.timers.tick(1_440 * 60_000 - 1);
    assert.equal(logger.level, "debug");
    t.mock.timers.tick(1);
    assert.deepEqual([logger.level, logLevel.report().level, logLevel.report().until], ["warn", "warn", null]);
  });

  it("notes each change once with who made it, and its end without anybody", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logLevel, events } = switchedLog();
    logLevel.reset("Bert");
    logLevel.set({ level: "info" }, "Bert");
    assert.equal(events.length, 0);
    logLevel.set({ level: "debug", forMinutes: 1 }, "Anna");
    t.mock.timers.tick(60_000);
    logLevel.set({ level: "trace", forMinutes: 5 }, "Anna");
    logLevel.set({ level: "info", forMinutes: 5 }, "Bert");
    t.mock.timers.tick(600_000);
    assert.deepEqual(
      events.map(({ message }) => message),
      [
        "The log level was set to debug for a minute by Anna.",
        "The log level went back to info, as its time was over.",
        "The log level was set to trace for 5 minutes by Anna.",
        "The log level was set back to info by Bert.",
      ],
    );
    assert.deepEqual(
      events.map((event) => Check(newEventSchema, event)),
      [true, true, true, true],
    );
    assert.deepEqual(events[0]?.data, { level: "debug", forMinutes: 1, by: "Anna" });
  });

  it("does not change any more once it is stopped", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logLevel, events } = switchedLog();
    logLevel.set({ level: "debug" }, "Anna");
    logLevel.stop();
    t.mock.timers.tick(3_600_000);
    assert.equal(events.length, 1);
  });
});
